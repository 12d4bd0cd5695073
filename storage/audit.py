"""The audit log: what happened, in a chain of hashes that the database itself forges.

Each entry carries the hash of the one before, so none can be changed, removed or slipped in
unnoticed, except from the end. Whoever wants to notice that too keeps `head` somewhere else.
Entries are written in the transaction of what they record: both are there, or neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from storage.json_values import plain
from storage.tables import AuditRow

GENESIS = "0" * 64

BAD_LINKS = text("""
SELECT id, problem FROM (
    SELECT id,
        CASE
            WHEN id <> coalesce(lag(id) OVER chain, 0) + 1 THEN 'entries before it are missing'
            WHEN previous_hash <> coalesce(lag(hash) OVER chain, :genesis)
                THEN 'does not follow from the entry before'
            WHEN hash <> liftledger_audit_hash(audit_log) THEN 'was altered'
        END AS problem
    FROM audit_log WINDOW chain AS (ORDER BY id)
) AS links WHERE problem IS NOT NULL ORDER BY id
""")


@dataclass(frozen=True)
class BadLink:
    """An entry at which the chain breaks."""

    id: int
    problem: str


@dataclass(frozen=True)
class Entry:
    """Where in the log something is recorded, and when it was."""

    number: int
    at: datetime


def record(
    session: Session, what: str, subject: str, details: Mapping[str, object], by: str
) -> None:
    """Append one entry. It holds the log's lock until commit: make it the last act.

    what: study_registered, panel_ingested, snapshot_saved, checks_passed, checks_failed,
        race_saved, primary_chosen, result_saved, run_failed, alert_raised, ...
    subject: what it was done to    details: JSON-able    by: who did it
    """
    entry = {"what": what, "subject": subject, "details": plain(details), "who": by}
    session.connection().execute(insert(AuditRow).values(entry))


def verify(session: Session) -> list[BadLink]:
    """Every entry at which the chain breaks, in order; empty when it holds."""
    found = session.execute(BAD_LINKS, {"genesis": GENESIS})
    return [BadLink(row.id, row.problem) for row in found]


def head(session: Session) -> tuple[int, str]:
    """Number and hash of the last entry: what to keep elsewhere to prove that none was cut off."""
    last = select(AuditRow.id, AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)
    found = session.execute(last).first()
    return (found.id, found.hash) if found else (0, GENESIS)


def entry(session: Session, what: str, name: str, value: str) -> Entry | None:
    """The first entry of this kind whose details have this value under this name."""
    found = session.execute(
        select(AuditRow.id, AuditRow.happened_at)
        .where(AuditRow.what == what, AuditRow.details[name].as_string() == value)
        .order_by(AuditRow.id)
        .limit(1)
    ).first()
    return None if found is None else Entry(found.id, found.happened_at)
