"""Channels are configured by the environment; mistakes are named, secrets are not."""

import base64

import pytest

from channels.message import Misconfigured
from channels.settings import email_settings, webhook_settings

MAIL = {
    "LIFTLEDGER_SMTP_HOST": "mail.example.org",
    "LIFTLEDGER_SMTP_USER": "lift",
    "LIFTLEDGER_SMTP_PASSWORD": "s3cret",
    "LIFTLEDGER_ALERTS_FROM": "Liftledger <lift@example.org>",
    "LIFTLEDGER_ALERTS_TO": "ada@example.org, Bob <bob@example.org>",
}
KEY = base64.b64encode(b"s3cret" * 5).decode()
HOOK = {
    "LIFTLEDGER_WEBHOOK_URL": "https://example.org:8443/token-abc?key=def",
    "LIFTLEDGER_WEBHOOK_SECRET": f"whsec_{KEY}",
}


def test_without_a_server_or_an_address_there_is_no_channel() -> None:
    assert email_settings({}) is None
    assert webhook_settings({"LIFTLEDGER_WEBHOOK_SECRET": "anything"}) is None


def test_what_is_shown_of_a_channel_holds_no_secret() -> None:
    mail, hook = email_settings(MAIL), webhook_settings(HOOK)
    assert mail is not None
    assert hook is not None
    assert mail.recipients == ("ada@example.org", "Bob <bob@example.org>")
    assert mail.place == "mail.example.org:587 (starttls) to ada@example.org, Bob <bob@example.org>"
    assert hook.place == "https://example.org:8443"
    shown = f"{mail!r}{mail.place}{hook!r}{hook.place}"
    for secret in ("s3cret", KEY, "token-abc", "def"):
        assert secret not in shown


@pytest.mark.parametrize(("security", "port"), [("", 587), ("starttls", 587), ("tls", 465)])
def test_each_kind_of_encryption_has_its_port(security: str, port: int) -> None:
    found = email_settings(MAIL | {"LIFTLEDGER_SMTP_SECURITY": security})
    assert found is not None
    assert found.port == port


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LIFTLEDGER_SMTP_SECURITY", "ssl"),
        ("LIFTLEDGER_SMTP_PORT", "smtp"),
        ("LIFTLEDGER_SMTP_PORT", "70000"),
        ("LIFTLEDGER_SMTP_USER", ""),
        ("LIFTLEDGER_ALERTS_FROM", ""),
        ("LIFTLEDGER_ALERTS_FROM", "a@example.org, b@example.org"),
        ("LIFTLEDGER_ALERTS_TO", "ada"),
        ("LIFTLEDGER_WEBHOOK_URL", "ftp://example.org"),
        ("LIFTLEDGER_WEBHOOK_SECRET", ""),
        ("LIFTLEDGER_WEBHOOK_SECRET", "whsec_s3cret"),
        ("LIFTLEDGER_WEBHOOK_SECRET", "whsec_" + base64.b64encode(b"s3cret").decode()),
    ],
)
def test_a_mistake_names_its_variable_and_shows_no_value(variable: str, value: str) -> None:
    given = MAIL | HOOK | {variable: value}
    read = webhook_settings if "WEBHOOK" in variable else email_settings
    with pytest.raises(Misconfigured, match=variable) as wrong:
        read(given)
    assert "s3cret" not in str(wrong.value)


def test_a_password_does_not_travel_in_the_clear() -> None:
    with pytest.raises(Misconfigured, match="LIFTLEDGER_SMTP_PASSWORD would travel in the clear"):
        email_settings(MAIL | {"LIFTLEDGER_SMTP_SECURITY": "none"})
