"""Answers: found again when they are known, stored in one transaction when they are new."""

from storage import results
from storage.ledger import ledger
from storage.records import StoredResult
from storage.results import Analysis
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.step import task


@task(name="look for a known answer", task_run_name="known?", **ON_THE_LEDGER)
def find_answer(url: str, request_id: str, by: str, reason: str) -> int | None:
    """The version that answered the same request before, if there is one; the log says who asks."""
    with ledger(url) as session:
        return results.find_again(session, request_id, by, reason)


@task(name="store the answers", task_run_name="store", **ON_THE_LEDGER)
def store_answers(url: str, analysis: Analysis) -> int:
    """All answers in one transaction, or none; returns the version. The same request is one row."""
    with ledger(url) as session:
        _, version, created = results.save(session, analysis)
    verb = "stored as" if created else "already stored as"
    narrate("ledger", f"{verb} {analysis.study}@{version}")
    return version


@task(name="read the result", task_run_name="read back", **ON_THE_LEDGER)
def read_result(url: str, study: str, version: int) -> StoredResult:
    """The result as the ledger has it: what is shown is what was stored."""
    with ledger(url) as session:
        return results.load(session, study, version)
