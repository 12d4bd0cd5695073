"""What `liftledger doctor` says of the ways out: which are configured, and who answers there."""

from collections.abc import Callable, Iterator

from channels import mail, webhook
from channels.message import Misconfigured, NotDelivered
from channels.pauses import pauses
from channels.settings import email_settings, webhook_settings
from liftledger.examinations import Finding

NONE = "not configured: nobody is told that way"


def channels() -> Iterator[Finding]:
    """E-mail and webhook: configured, and reachable without anything being sent."""
    yield _channel("e-mail", _mail, "see LIFTLEDGER_SMTP_HOST and its relatives in docs/alerts.md")
    yield _channel("webhook", _webhook, "see LIFTLEDGER_WEBHOOK_URL in docs/alerts.md")


def _mail() -> str:
    pauses()
    found = email_settings()
    return NONE if found is None else f"{found.place}: {mail.reachable(found)}"


def _webhook() -> str:
    found = webhook_settings()
    return NONE if found is None else f"{found.place}: {webhook.reachable(found)}"


def _channel(name: str, look: Callable[[], str], mend: str) -> Finding:
    try:
        return Finding(name, "ok", look())
    except (Misconfigured, NotDelivered) as error:
        return Finding(name, "fail", str(error), mend)
