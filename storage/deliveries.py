"""Deliveries of alerts: who has been told, over which channel, at which attempt.

An attempt is two rows: `started`, committed before anything is sent, and how it ended. One that
was killed in between has no end; it counts, and the next attempt carries the same id, by which
the receiver knows a repeat. Who sends holds the lock of that alert and channel meanwhile. The lock
goes when its connection goes: a killed process leaves none behind.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from storage import alerts, audit
from storage.alert_records import Alert
from storage.alert_tables import DeliveryRow
from storage.database import try_lock
from storage.ledger import ledger

STARTED = "started"
DELIVERED: Literal["delivered"] = "delivered"
FAILED: Literal["failed"] = "failed"
GIVEN_UP: Literal["given_up"] = "given_up"
FINAL = (DELIVERED, GIVEN_UP)
Outcome = Literal["delivered", "failed", "given_up"]
Rule = Callable[[int, datetime, datetime], bool]


@dataclass(frozen=True)
class Step:
    """One row: the start or the end of an attempt."""

    channel: str
    attempt: int
    outcome: str
    answer: str | None
    at: datetime


@dataclass(frozen=True)
class Waiting:
    """An alert that somebody is to be told over a channel. last: the newest step; None: none yet"""

    alert: Alert
    channel: str
    last: Step | None


def waiting(session: Session, channels: Sequence[str]) -> list[Waiting]:
    """What is open, not acknowledged, not silenced, and neither delivered nor given up."""
    now = alerts.now(session)
    heard = [a for a in alerts.known(session) if not a.acknowledged and not a.silenced(now)]
    told = steps(session, [alert.id for alert in heard])
    found = []
    for alert in reversed(heard):
        for channel in channels:
            mine = [one for one in told[alert.id] if one.channel == channel]
            if not any(one.outcome in FINAL for one in mine):
                found.append(Waiting(alert, channel, mine[-1] if mine else None))
    return found


def due(session: Session, channels: Sequence[str], rule: Rule) -> list[Waiting]:
    """Of what is waiting, that whose time has come.

    rule: whether it has, given the attempts so far, when the last one's newest step was, and now
    """
    now = alerts.now(session)
    return [
        one
        for one in waiting(session, channels)
        if one.last is None or rule(one.last.attempt, one.last.at, now)
    ]


def steps(session: Session, numbers: Collection[int]) -> dict[int, list[Step]]:
    """All that was tried to tell somebody of these alerts, by number, oldest first."""
    rows = session.scalars(
        select(DeliveryRow).where(DeliveryRow.alert_id.in_(numbers)).order_by(DeliveryRow.id)
    )
    found: dict[int, list[Step]] = {number: [] for number in numbers}
    for row in rows:
        step = Step(row.channel, row.attempt, row.outcome, row.answer, row.happened_at)
        found[row.alert_id].append(step)
    return found


@contextmanager
def claimed(url: str, number: int, channel: str) -> Iterator[bool]:
    """Whether this delivery is ours while the block runs; false: another is at it."""
    with ledger(url) as session:
        yield try_lock(session, f"delivery:{number}:{channel}")


def start(session: Session, number: int, channel: str) -> int:
    """Write that an attempt begins; its number. The claim must be held."""
    query = select(DeliveryRow.attempt).where(
        DeliveryRow.alert_id == number, DeliveryRow.channel == channel
    )
    attempt = max(session.scalars(query), default=0) + 1
    row = {"alert_id": number, "channel": channel, "attempt": attempt, "outcome": STARTED}
    session.connection().execute(insert(DeliveryRow).values(row))
    return attempt


def end(
    session: Session, alert: Alert, channel: str, attempt: int, outcome: Outcome, answer: str
) -> None:
    """Write how an attempt ended, and what the other side answered.

    The audit log has the last word on each delivery, not every attempt.
    """
    row = {
        "alert_id": alert.id,
        "channel": channel,
        "attempt": attempt,
        "outcome": outcome,
        "answer": answer,
    }
    session.connection().execute(insert(DeliveryRow).values(row))
    if outcome in FINAL:
        told = {"alert": alert.id, "channel": channel, "attempts": attempt, "answer": answer}
        what = "alert_delivered" if outcome == DELIVERED else "alert_not_delivered"
        audit.record(session, what, alert.subject, told, channel)
