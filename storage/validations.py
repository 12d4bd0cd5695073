"""Reports of the checks, kept whole, also when they stopped the analysis."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import StorageError
from storage.json_values import plain
from storage.provenance import whoami
from storage.tables import Validation


def save(
    session: Session, report_json: Mapping[str, Any], snapshot_hash: str, study: str, passed: bool
) -> int:
    """Keep a report; returns its number.

    report_json: Report.json of the checks    snapshot_hash: the rows that were checked
    """
    row = {
        "study": study,
        "snapshot_hash": snapshot_hash,
        "passed": passed,
        "report": plain(report_json),
    }
    statement = insert(Validation).values(row).returning(Validation.id)
    number = session.connection().execute(statement).scalar_one()
    details = {"validation": number, "snapshot_hash": snapshot_hash}
    what = "checks_passed" if passed else "checks_failed"
    audit.record(session, what, study, details, whoami(), row=("validations", number))
    return number


def load(session: Session, number: int) -> dict[str, Any]:
    """The report as it was saved. Raises StorageError when there is none of this number."""
    found = session.get(Validation, number)
    if found is None:
        raise StorageError(f"no validation {number} in this database")
    return found.report
