"""Passwords as they are kept: Argon2id (RFC 9106), by the library that also signs our anchors."""

import secrets

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

SHORTEST = 12  # characters
MEMORY, ITERATIONS, LANES = 19 * 1024, 2, 1  # KiB; OWASP's first choice


def hashed(password: str) -> str:
    """What to keep: algorithm, costs, salt and hash in the PHC format."""
    function = Argon2id(
        salt=secrets.token_bytes(16),
        length=32,
        iterations=ITERATIONS,
        lanes=LANES,
        memory_cost=MEMORY,
    )
    return function.derive_phc_encoded(password.encode())


def matches(password: str, kept: str | None) -> bool:
    """Whether it is the one. kept: None, for a name nobody has, takes as long and is never it."""
    try:
        Argon2id.verify_phc_encoded(password.encode(), kept or NOBODY)
    except InvalidKey:
        return False
    return kept is not None


NOBODY = hashed(secrets.token_urlsafe())
