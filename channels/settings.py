"""Which channels there are, from the environment. Secrets are read here and shown nowhere.

    LIFTLEDGER_SMTP_HOST       the mail server: e-mail is sent when it is set
    LIFTLEDGER_SMTP_PORT       587 unless given; 465 with tls
    LIFTLEDGER_SMTP_SECURITY   starttls (default), tls, none
    LIFTLEDGER_SMTP_USER, LIFTLEDGER_SMTP_PASSWORD      where it asks for them
    LIFTLEDGER_ALERTS_FROM, LIFTLEDGER_ALERTS_TO        addresses; several with commas between
    LIFTLEDGER_WEBHOOK_URL     where messages are posted: the webhook is used when it is set
    LIFTLEDGER_WEBHOOK_SECRET  whsec_ and base64, shared with the receiver; several with blanks
                               between while it is being changed: each signs

Certificates are checked against the system's authorities, or those of SSL_CERT_FILE.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Literal
from urllib.parse import urlsplit

from channels.message import Misconfigured

EMAIL, WEBHOOK = "email", "webhook"
SMTP, MAIL, HOOK = "LIFTLEDGER_SMTP_", "LIFTLEDGER_ALERTS_", "LIFTLEDGER_WEBHOOK_"
SECURITY: tuple[Literal["starttls", "tls", "none"], ...] = ("starttls", "tls", "none")
PORTS = {"starttls": 587, "tls": 465, "none": 25}
FEWEST = 24  # bytes of a secret, as Standard Webhooks asks for


@dataclass(frozen=True)
class EmailSettings:
    """A mail server and addresses."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    recipients: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """Where mail goes, to be shown."""
        return f"{self.host}:{self.port} ({self.security}) to {', '.join(self.recipients)}"


@dataclass(frozen=True)
class WebhookSettings:
    """An address and the secrets that sign. The address may itself hold one: it is not shown."""

    url: str = field(repr=False)
    secrets: tuple[bytes, ...] = field(repr=False)

    @property
    def place(self) -> str:
        """Where it posts, to be shown: the machine, not the path."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}"


def email_settings(environment: Mapping[str, str] = os.environ) -> EmailSettings | None:
    """The mail server, where one is configured. Raises Misconfigured."""
    host = environment.get(f"{SMTP}HOST", "")
    if not host:
        return None
    asked = environment.get(f"{SMTP}SECURITY") or "starttls"
    security = next((one for one in SECURITY if one == asked), None)
    if security is None:
        raise Misconfigured(f"{SMTP}SECURITY must be one of {', '.join(SECURITY)}")
    port = environment.get(f"{SMTP}PORT") or str(PORTS[security])
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise Misconfigured(f"{SMTP}PORT must be a number from 1 to 65535")
    user, password = (environment.get(f"{SMTP}{name}") or None for name in ("USER", "PASSWORD"))
    if (user is None) != (password is None):
        raise Misconfigured(f"{SMTP}USER and {SMTP}PASSWORD are given together or not at all")
    if user and security == "none":
        raise Misconfigured(
            f"{SMTP}PASSWORD would travel in the clear; {SMTP}SECURITY must not be none"
        )
    (sender,) = _addresses(environment, "FROM", one=True)
    recipients = _addresses(environment, "TO")
    return EmailSettings(host, int(port), security, sender, recipients, user, password)


def webhook_settings(environment: Mapping[str, str] = os.environ) -> WebhookSettings | None:
    """The receiver of webhooks, where one is configured. Raises Misconfigured."""
    url = environment.get(f"{HOOK}URL", "")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misconfigured(f"{HOOK}URL must begin with https:// (or http://) and name a machine")
    secrets = environment.get(f"{HOOK}SECRET", "").split()
    if not secrets:
        raise Misconfigured(
            f"{HOOK}SECRET is missing: without it the receiver cannot trust what comes"
        )
    return WebhookSettings(url, tuple(map(_secret, secrets)))


def _addresses(environment: Mapping[str, str], name: str, *, one: bool = False) -> tuple[str, ...]:
    given = [
        part.strip() for part in environment.get(f"{MAIL}{name}", "").split(",") if part.strip()
    ]
    if (
        not given
        or (one and len(given) > 1)
        or not all("@" in parseaddr(part)[1] for part in given)
    ):
        needed = "one e-mail address" if one else "e-mail addresses with commas between"
        raise Misconfigured(f"{MAIL}{name} must hold {needed}")
    return tuple(given)


def _secret(text: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < FEWEST:
        raise Misconfigured(
            f"{HOOK}SECRET must be whsec_ and base64 of at least {FEWEST} random bytes; "
            'python -c "import base64, secrets; '
            "print('whsec_' + base64.b64encode(secrets.token_bytes(32)).decode())\" makes one"
        )
    return key
