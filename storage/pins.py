"""Pins: one version of a study's answer is the official one, until a reason moves the pin.

Who asks for a study without saying which version is given the pinned one, whatever came later. A
pin is a row, and a moved pin another: which version was official when can be read off.
"""

from collections.abc import Collection

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from storage import audit
from storage.database import lock
from storage.errors import StorageError
from storage.pin_tables import PinRow
from storage.records import Pin
from storage.versions import numbered, official


def pin(session: Session, study: str, version: int, *, by: str, reason: str) -> Pin:
    """Make a version the official one.

    Raises UnknownStudy, UnknownResult, and StorageError when it is the official one already.
    """
    lock(session, f"pins:{study}")
    result = numbered(session, study, version)
    before = official(session, study)
    if before == version:
        raise StorageError(f"{study}@{version} is pinned already; a pin moves to another version")
    row = {"study": study, "version": version, "reason": reason, "pinned_by": by}
    statement = insert(PinRow).values(row).returning(PinRow.id)
    number = session.connection().execute(statement).scalar_one()
    details = {"request_id": result.request_id, "reason": reason, "before": before}
    audit.record(session, "result_pinned", f"{study}@{version}", details, by, row=("pins", number))
    made = current(session, study)
    assert made is not None
    return made


def current(session: Session, study: str) -> Pin | None:
    """The pin of a study; None while there is none."""
    return currents(session, [study]).get(study)


def currents(session: Session, studies: Collection[str] | None = None) -> dict[str, Pin]:
    """The pin of each study that has one, or of those of these that do."""
    last = select(func.max(PinRow.id)).group_by(PinRow.study)
    if studies is not None:
        last = last.where(PinRow.study.in_(studies))
    query = select(PinRow).where(PinRow.id.in_(last))
    return {
        row.study: Pin(row.study, row.version, row.reason, row.pinned_by, row.pinned_at)
        for row in session.scalars(query)
    }
