"""What happened to a run that did not end with an answer."""

from collections.abc import Mapping

from storage import audit
from storage.ledger import ledger


def record_failure(url: str, what: str, study: str, details: Mapping[str, str], by: str) -> None:
    """One line in the audit log. Not a Prefect task: a run that is being ended starts none."""
    with ledger(url) as session:
        audit.record(session, what, study, details, by)
