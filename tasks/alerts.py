"""Alerts on their way to people and programs, one task per channel.

Per alert: claim → start, committed → send → end, committed. A second process that is at the same
work finds the claim taken and leaves it; one that was killed after sending leaves a start without
an end, and the next attempt carries the same id. Prefect does not retry: pauses grow from run to
run (channels/pauses.py).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from uuid import NAMESPACE_URL, uuid5

from prefect.cache_policies import NO_CACHE

from channels import mail, webhook
from channels.message import Message, Misconfigured, NotDelivered
from channels.pauses import pauses
from channels.settings import EMAIL, WEBHOOK, email_settings, webhook_settings
from reports import alerts as words
from storage import deliveries
from storage.alert_records import Alert
from storage.deliveries import DELIVERED, FAILED, GIVEN_UP, Outcome, Waiting
from storage.ledger import ledger
from tasks.events import EVENT, emit, is_watched
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.step import task

Send = Callable[[Message], str]


def channels() -> dict[str, Send]:
    """What sends over each channel that is configured; the log says which cannot be used."""
    found: dict[str, Send] = {EVENT: emit} if is_watched() else {}
    try:
        mailing = email_settings()
        if mailing:
            found[EMAIL] = partial(mail.send, settings=mailing)
    except Misconfigured as error:
        narrate("alerts", f"no e-mail is sent: {error}")
    try:
        hook = webhook_settings()
        if hook:
            found[WEBHOOK] = partial(webhook.send, settings=hook)
    except Misconfigured as error:
        narrate("alerts", f"no webhook is called: {error}")
    return found


@task(name="look for alerts to deliver", task_run_name="undelivered?", **ON_THE_LEDGER)
def find_waiting(url: str, over: Sequence[str]) -> dict[str, list[Waiting]]:
    """By channel, deliveries whose time has come."""
    found: dict[str, list[Waiting]] = {}
    with ledger(url) as session:
        for one in deliveries.due(session, over, pauses().over):
            found.setdefault(one.channel, []).append(one)
    return found


@task(name="deliver alerts over a channel", task_run_name="{channel}", cache_policy=NO_CACHE)
def deliver(url: str, channel: str, waiting: Sequence[Waiting], send: Send) -> Mapping[str, int]:
    """How many were delivered, failed and given up; those that another delivers are not ours."""
    done: dict[str, int] = {}
    for one in waiting:
        outcome = _delivered(url, channel, one.alert, send)
        if outcome:
            done[outcome] = done.get(outcome, 0) + 1
    return done


def message_of(alert: Alert) -> Message:
    """The alert as it is sent. Its id is made of what it is, so it is the same at every attempt."""
    identity = f"liftledger:{alert.id}:{alert.kind}:{alert.key}:{alert.at.isoformat()}"
    return Message(
        id=uuid5(NAMESPACE_URL, identity),
        kind=alert.kind,
        subject=words.headline(alert),
        text=words.letter(alert),
        facts=words.facts(alert),
        occurred=alert.at,
    )


def _delivered(url: str, channel: str, alert: Alert, send: Send) -> Outcome | None:
    """How one attempt ended; None: another has it, or it is not wanted any more."""
    with deliveries.claimed(url, alert.id, channel) as ours:
        if not ours:
            return None
        with ledger(url) as session:
            still = {one.alert.id for one in deliveries.due(session, (channel,), pauses().over)}
            if alert.id not in still:
                return None  # done between our look and our claim
            attempt = deliveries.start(session, alert.id, channel)
        outcome, answer = _sent(send, message_of(alert), attempt)
        with ledger(url) as session:
            deliveries.end(session, alert, channel, attempt, outcome, answer)
    narrate(channel, f"alert {alert.id} ({alert.kind}, {alert.subject}) {outcome}: {answer}")
    return outcome


def _sent(send: Send, message: Message, attempt: int) -> tuple[Outcome, str]:
    try:
        return DELIVERED, send(message)
    except NotDelivered as error:
        return (GIVEN_UP if error.final or pauses().none_after(attempt) else FAILED), str(error)
