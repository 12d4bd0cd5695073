"""A worker process: it claims what waits, answers it, and asks again, until it is ended.

The steps are those of the flow `analyze`, called as plain functions (tasks.step): no server is
needed, and hundreds of studies cost no more memory than one. Whatever goes wrong with one study is
marked on its run; the process goes on to the next. When it is killed, its lease runs out.
"""

import time

from checks.evidence import great_expectations
from flows.analyze import answer
from flows.leasing import RunElsewhere, answered
from storage.errors import DatabaseUnavailable
from storage.leases import Claim, LeaseLost
from storage.provenance import environment_hash
from tasks.leases import claim_next
from tasks.narration import narrate

IDLE = 0.5  # seconds before an empty queue is looked at again


def get_ready() -> None:
    """Do what the first study would wait for: no connection, no thread (liftledger.forking)."""
    great_expectations()
    environment_hash()  # of what was imported, whatever is installed while workers work


def work(url: str) -> None:
    """Answer run after run. Ends only with the process."""
    while True:
        held = _next(url)
        if held is None:
            time.sleep(IDLE)
        else:
            _answer(url, held)


def _next(url: str) -> Claim | None:
    try:
        return claim_next(url)
    except DatabaseUnavailable as away:
        narrate("queue", f"{away}")
        return None


def _answer(url: str, held: Claim) -> None:
    try:
        answered(url, held, answer)
    except (RunElsewhere, LeaseLost, DatabaseUnavailable) as over:
        narrate("queue", f"{over}")
    except Exception as failed:  # noqa: BLE001  (the run is marked, an alert is raised)
        narrate("queue", f"run {held.run} of {held.study} failed: {failed}")
