"""What the monitor saw: written once, visit by visit; what it promised at a first look stays.

panel         freshness, completeness and drift of one panel
restatement   cells used in a result that have changed since
boundary      what a running promotion is judged by, fixed at the first look
promotion     the effect so far at one look
calibration   placebos asked on a live panel at one visit
undecided     a result that nobody has decided about
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Select, insert, select
from sqlalchemy.orm import Session

from storage import audit
from storage.database import lock
from storage.errors import StorageError
from storage.json_values import canonical, plain
from storage.observation_tables import ObservationRow, VisitRow

State = Literal["fine", "noticed", "refused"]
Kind = Literal["panel", "restatement", "boundary", "promotion", "calibration", "undecided"]


@dataclass(frozen=True)
class Observation:
    """One thing looked at.

    subject: what, as people call it      message: what was seen, in a sentence
    details: JSON-able      observed_at: None until it is stored
    alerts: by kind, the sentence to raise it with, or None where what it said is over
    """

    kind: Kind
    subject: str
    state: State
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)
    study: str | None = None
    plan_version: int | None = None
    observed_at: datetime | None = None
    alerts: Mapping[str, str | None] = field(default_factory=dict)


def save(session: Session, visit: str, seen: Sequence[Observation], by: str) -> bool:
    """Write what one visit saw, all of it; whether that was new. Last act of a transaction.

    visit: random; the same one again adds nothing
    """
    lock(session, f"visit:{visit}")
    if session.scalar(select(VisitRow.id).where(VisitRow.token == visit)) is not None:
        return False
    rows = [_row(one) for one in seen]
    content = hashlib.sha256("\n".join(row["content_hash"] for row in rows).encode()).hexdigest()
    statement = insert(VisitRow).values(token=visit, requested_by=by, content_hash=content)
    number = session.connection().execute(statement.returning(VisitRow.id)).scalar_one()
    if rows:
        session.connection().execute(
            insert(ObservationRow), [{"visit_id": number, **row} for row in rows]
        )
    noticed = [f"{row['kind']} {row['subject']}" for row in rows if row["state"] != "fine"]
    details = {"seen": len(rows), "noticed": noticed, "content_hash": content}
    audit.record(session, "monitored", visit, details, by, row=("visits", number))
    return True


def history(session: Session, kind: Kind, subject: str) -> list[Observation]:
    """All that was seen of this, oldest first. Raises StorageError for a row that was altered."""
    return [read(*row) for row in session.execute(_seen(kind, subject))]


def first(session: Session, kind: Kind, subject: str) -> Observation | None:
    """What was seen of this the first time: what later looks are held to."""
    row = session.execute(_seen(kind, subject).limit(1)).first()
    return None if row is None else read(*row)


def _seen(kind: Kind, subject: str) -> Select[tuple[ObservationRow, datetime]]:
    return (
        select(ObservationRow, VisitRow.visited_at)
        .join(VisitRow, VisitRow.id == ObservationRow.visit_id)
        .where(ObservationRow.kind == kind, ObservationRow.subject == subject)
        .order_by(ObservationRow.id)
    )


def _row(one: Observation) -> dict[str, Any]:
    words = {
        "kind": one.kind,
        "subject": one.subject,
        "study": one.study,
        "plan_version": one.plan_version,
        "state": one.state,
        "message": one.message,
        "details": plain(one.details),
    }
    return {**words, "content_hash": _digest(words)}


def read(row: ObservationRow, at: datetime) -> Observation:
    """What was seen, at this time. Raises StorageError when the row was altered."""
    words = {
        name: getattr(row, name)
        for name in ("kind", "subject", "study", "plan_version", "state", "message", "details")
    }
    if _digest(words) != row.content_hash:
        raise StorageError(
            f"what the monitor saw of {row.kind} {row.subject} was altered: it has another hash "
            f"than the one on record"
        )
    return Observation(**words, observed_at=at)


def _digest(words: Mapping[str, Any]) -> str:
    """SHA-256 over what was written."""
    return hashlib.sha256(canonical(words).encode()).hexdigest()
