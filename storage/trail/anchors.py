"""Anchors: head and length of the log, signed with a key that the database never sees.

    {"at":…,"entries":…,"head":…,"key":…,"signature":…}      one JSON object per line, keys sorted

The signature is Ed25519 (RFC 8032) over the same JSON without `signature`. Kept where whoever can
write to the database cannot, an anchor shows what the chain alone cannot: that the end was cut
off, an old copy restored, or all of history written anew. A file of anchors holds one per line,
oldest first, and all are checked: a newer log continues every one of them.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from storage.errors import InvalidAnchor
from storage.json_values import canonical
from storage.trail.chain import TOLERANCE, Links, seconds


@dataclass(frozen=True)
class Anchor:
    """Where the log was at some moment, by the clock of whoever anchored.

    entries, head: number and hash of its last entry      key: the public one, in hex
    """

    at: str
    entries: int
    head: str
    key: str
    signature: str

    @property
    def line(self) -> str:
        """As it is kept."""
        return canonical(asdict(self)) + "\n"


def make_key(file: Path) -> Path:
    """A new private key that only its owner may read; the file of the public one, beside it.

    Raises InvalidAnchor when one of them is there, or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    public = file.with_name(f"{file.name}.pub")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    shown = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        for path, content, mode in ((file, private, 0o600), (public, shown, 0o644)):
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as new:
                new.write(content)
    except OSError as error:
        raise InvalidAnchor(f"{error.filename}: no key was made: {error.strerror}") from error
    return public


def anchor(entries: int, head: str, key: Ed25519PrivateKey) -> Anchor:
    """The log as it is now, signed."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    signed = sign({"at": at, "entries": entries, "head": head}, key)
    return Anchor(**signed)


def sign(told: dict[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """A JSON object with the public key and a signature over all of it."""
    shown = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    message = told | {"key": shown}
    return message | {"signature": key.sign(canonical(message).encode()).hex()}


def private_key(file: Path) -> Ed25519PrivateKey:
    """The key of a PEM file. Raises InvalidAnchor."""
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise InvalidAnchor(f"{file}: cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidAnchor(
            f"{file}: is no private key in PEM without a password; "
            "`liftledger anchor --new-key FILE` makes one"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidAnchor(f"{file}: is a private key, but not of Ed25519")
    return key


def public_key(file: Path) -> Ed25519PublicKey:
    """The key of a PEM file. Raises InvalidAnchor."""
    try:
        key = load_pem_public_key(file.read_bytes())
    except OSError as error:
        raise InvalidAnchor(f"{file}: cannot be read: {error.strerror}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidAnchor(f"{file}: is no public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidAnchor(f"{file}: is a public key, but not of Ed25519")
    return key


def read(file: Path) -> list[Anchor]:
    """The anchors of a file, oldest first. Raises InvalidAnchor naming the line at fault."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidAnchor(f"{file}: cannot be read: {error}") from error
    found = []
    for number, line in enumerate(lines, start=1):
        one = _parsed(line)
        if one is None:
            raise InvalidAnchor(f"{file}: line {number} is no anchor; restore it from a copy")
        found.append(one)
    if not found:
        raise InvalidAnchor(f"{file}: has no anchor in it")
    return found


def _parsed(line: str) -> Anchor | None:
    try:
        found = Anchor(**json.loads(line))
    except (ValueError, TypeError):
        return None
    return found if found.line == line + "\n" and isinstance(found.entries, int) else None


def forged(anchors: Sequence[Anchor], key: Ed25519PublicKey) -> Iterator[str]:
    """A sentence for every anchor that this key did not sign, or that goes back."""
    last = 0
    for one in anchors:
        message = {name: value for name, value in asdict(one).items() if name != "signature"}
        try:
            key.verify(bytes.fromhex(one.signature), canonical(message).encode())
        except (InvalidSignature, ValueError):
            yield f"the anchor of {one.at} was not signed by this key"
        if one.entries < last:
            yield f"the anchor of {one.at} is of a shorter log than the one before"
        last = one.entries


def remembered(anchors: Sequence[Anchor]) -> frozenset[int]:
    """Entries that checking the chain has to remember: those anchored, and those after."""
    return frozenset(number for one in anchors for number in (one.entries, one.entries + 1))


def broken(anchors: Sequence[Anchor], links: Links) -> Iterator[tuple[int, str]]:
    """(entry, sentence) for every anchor that the log does not continue."""
    for one in anchors:
        sha256, _ = links.seen.get(one.entries, (None, ""))
        if one.entries > links.last:
            yield (
                one.entries,
                (
                    f"is not there, but was anchored at {one.at}: "
                    "the end was cut off, or an old copy restored"
                ),
            )
        elif one.entries and sha256 != one.head:
            yield one.entries, f"is not the one anchored at {one.at}: history was replaced"
        after = links.seen.get(one.entries + 1)
        if after is not None and seconds(after[1], one.at) > TOLERANCE:
            yield one.entries + 1, f"is dated before the anchor of {one.at}, but came after it"
