"""Which versions of an answer a study has, and which is the official one.

Whoever asks for a study without a version is given the pinned one, and the newest where none is
pinned: what a reader looks at does not change because somebody ran the study again.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage import studies
from storage.errors import StorageError, UnknownResult
from storage.pin_tables import PinRow
from storage.tables import Result


def numbered(session: Session, study: str, version: int | None = None) -> Result:
    """The row of one answer, without what hangs on it.

    version: None is the pinned one, and the newest where none is pinned
    Raises UnknownStudy, and UnknownResult naming the versions there are.
    """
    if version is None:
        version = official(session, study)
    row = session.scalars(
        select(Result)
        .where(Result.study == study, *([] if version is None else [Result.version == version]))
        .order_by(Result.version.desc())
        .limit(1)
    ).first()
    if row is None:
        raise _unknown(session, study, version)
    return row


def official(session: Session, study: str) -> int | None:
    """The version of a study that is pinned; None where none is."""
    query = select(PinRow.version).where(PinRow.study == study).order_by(PinRow.id.desc()).limit(1)
    found: int | None = session.scalar(query)
    return found


def newest(session: Session, study: str) -> int | None:
    """The version that came last; None where there is no result."""
    found: int | None = session.scalar(
        select(func.max(Result.version)).where(Result.study == study)
    )
    return found


def _unknown(session: Session, study: str, version: int | None) -> StorageError:
    versions = session.scalars(
        select(Result.version).where(Result.study == study).order_by(Result.version)
    ).all()
    if versions:
        return UnknownResult(
            f"{study} has no version {version}; it has {', '.join(map(str, versions[-20:]))}"
        )
    if study in studies.known(session):
        return UnknownResult(f"{study} has no result yet; `liftledger run {study}` makes one")
    return studies.unknown(session, study)
