"""Who is logged in: sealed tokens in a cookie, and others in forms against requests from elsewhere.

Both are Fernet tokens (AES and HMAC-SHA-256, with their time) under a key that lives as long as the
server: after a restart everybody logs in again. A session ends after some hours, when its user logs
out, and when the user's row changes, since it carries a print of the row.
"""

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass

from cryptography.fernet import Fernet, InvalidToken

from storage.users import User

COOKIE = "liftledger_session"
LIFETIME = 8 * 3600  # seconds


@dataclass(frozen=True)
class Login:
    """One log-in. seal: print of the user's row as it was then"""

    id: str
    name: str
    seal: str


class Sessions:
    """The sessions of one server."""

    def __init__(self) -> None:
        self._sealed = Fernet(Fernet.generate_key())
        self._ended: set[str] = set()

    def begin(self, user: User) -> str:
        """A cookie for this user."""
        login = Login(secrets.token_urlsafe(18), user.name, _print(user))
        return self._sealed.encrypt(json.dumps(asdict(login)).encode()).decode()

    def read(self, cookie: str) -> Login | None:
        """Whose cookie it is; None when it is not ours, too old, or logged out."""
        text = self._opened(cookie)
        login = Login(**json.loads(text)) if text is not None else None
        return None if login is None or login.id in self._ended else login

    def holds(self, login: Login, user: User) -> bool:
        """Whether the user still is who logged in: same role, same password."""
        return secrets.compare_digest(login.seal, _print(user))

    def end(self, login: Login) -> None:
        """Log out: the cookie is worth nothing from now on."""
        self._ended.add(login.id)

    def form_token(self, login: Login) -> str:
        """What a form of this session carries."""
        return self._sealed.encrypt(f"form {login.id}".encode()).decode()

    def is_form_token(self, login: Login, token: str) -> bool:
        """Whether a form was made for this session."""
        return self._opened(token) == f"form {login.id}"

    def _opened(self, token: str) -> str | None:
        try:
            return self._sealed.decrypt(token.encode(), ttl=LIFETIME).decode()
        except InvalidToken:
            return None


def _print(user: User) -> str:
    return hashlib.sha256(f"{user.name}\0{user.role}\0{user.password_hash}".encode()).hexdigest()
