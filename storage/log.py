"""The audit log read a page at a time, from its end: filtered, and as fast however long it is.

Pages go by number, not by counting rows, and who, what and subject have indexes: neither the first
page nor the thousandth reads much that it does not show.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from storage.tables import AuditRow


@dataclass(frozen=True)
class LogEntry:
    """One entry. role: login that wrote it; None: from before it was kept"""

    number: int
    at: datetime
    who: str
    what: str
    subject: str
    details: Mapping[str, Any]
    role: str | None
    hash: str


@dataclass(frozen=True)
class LogFilter:
    """Which entries; what is empty asks for all.

    subject: exactly, or a study with all its versions      since, until: until is left out
    """

    who: str = ""
    what: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def page(
    session: Session, wanted: LogFilter, *, before: int | None = None, limit: int = 50
) -> list[LogEntry]:
    """Entries, newest first, those with lower numbers than this one."""
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditRow.id < before)
    for column, value in ((AuditRow.who, wanted.who), (AuditRow.what, wanted.what)):
        if value:
            query = query.where(column == value)
    if wanted.subject:
        versions = AuditRow.subject.startswith(f"{wanted.subject}@", autoescape=True)
        query = query.where(or_(AuditRow.subject == wanted.subject, versions))
    if wanted.since is not None:
        query = query.where(AuditRow.happened_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditRow.happened_at < wanted.until)
    return [
        LogEntry(
            row.id, row.happened_at, row.who, row.what, row.subject, row.details, row.role, row.hash
        )
        for row in session.scalars(query)
    ]
