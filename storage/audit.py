"""The audit log: what happened, in a chain of hashes that the database itself forges.

Each entry carries the hash of the one before, so none can be changed, removed or slipped in
unnoticed, except from the end. Whoever wants to notice that too keeps an anchor somewhere else.
Entries are written in the transaction of what they record: both are there, or neither. The entry
of a row carries the seal of the row (storage.trail.seals).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from storage.json_values import plain
from storage.tables import AuditRow
from storage.trail import chain, seals
from storage.trail.evidence import ENTRIES, OLDER

GENESIS = chain.GENESIS


@dataclass(frozen=True)
class Entry:
    """Where in the log something is recorded, and when it was."""

    number: int
    at: datetime


def record(
    session: Session,
    what: str,
    subject: str,
    details: Mapping[str, object],
    by: str,
    *,
    row: tuple[str, *tuple[object, ...]] | None = None,
) -> None:
    """Append one entry. It holds the log's lock until commit: make it the last act.

    what: study_registered, panel_ingested, snapshot_saved, checks_passed, checks_failed,
        race_saved, primary_chosen, result_saved, answer_found, run_failed, alert_raised, ...
    subject: what it was done to    details: JSON-able    by: who did it
    row: (table, *primary key) of the row it records, with all that hangs on the row; a row of an
        insert-only table cannot be committed without
    Raises ValueError when entries of this kind do not record rows of that table.
    """
    entry = {"what": what, "subject": subject, "details": plain(details), "who": by}
    if row is not None:
        name, *key = row
        if what not in (*ENTRIES[name], OLDER):
            raise ValueError(f"{what} does not record rows of {name}: storage/trail/evidence.py")
        entry["recorded_table"], entry["recorded_key"] = name, seals.key_text(key)
        entry["recorded_hash"] = seals.of_row(session, name, key)
    # inline: nothing is read back, so that a role that may only append can
    session.connection().execute(insert(AuditRow).inline().values(entry))


def verify(session: Session) -> list[chain.BadLink]:
    """Every entry at which the chain breaks, in order; empty when it holds."""
    return chain.check(session).broken


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
