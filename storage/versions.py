"""Which versions of an answer a study has: the row of one of them, without what hangs on it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import studies
from storage.errors import StorageError, UnknownResult
from storage.tables import Result


def numbered(session: Session, study: str, version: int | None = None) -> Result:
    """The row of one answer; the newest unless a version is given.

    Raises UnknownStudy, and UnknownResult naming the versions there are.
    """
    row = session.scalars(
        select(Result)
        .where(Result.study == study, *([] if version is None else [Result.version == version]))
        .order_by(Result.version.desc())
        .limit(1)
    ).first()
    if row is None:
        raise _unknown(session, study, version)
    return row


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
