"""A claimed run, answered: alive while it is computed, and marked with how it ended.

    claim → answer, with signs of life → done
                └─ the database went away, or this process is ended: let go, another attempt follows
                └─ data, plan or ledger say no: failed, with an alert; they would say so again
                └─ anything else, a defect or the machine's trouble: let go, failed the third time

The answer is stored before the run is marked. Whoever dies in between leaves a run whose successor
finds the answer; whoever was overtaken by its successor stored the same row, and marks nothing.
"""

from collections.abc import Callable

from checks.errors import ChecksFailed
from estimators import EstimationError
from storage.errors import DatabaseUnavailable, StorageError
from storage.leases import Claim, LeaseLost
from studies.errors import InvalidPeriods, InvalidPlan, InvalidPromotion
from tasks.leases import alive, claim_run, drop_run, let_go, mark_done, mark_failed
from tasks.narration import narrate
from tasks.studies import read_plan

Answer = Callable[[str, str, str, str], int]  # url, study, by, reason: the version
NO = (ChecksFailed, EstimationError, InvalidPeriods, InvalidPlan, InvalidPromotion, StorageError)
TRIES = 3  # of what fails as nothing should: memory or a disk may be there again


class RunElsewhere(StorageError):
    """The run is being computed by somebody else, or has ended."""


def claimed(url: str, run: int) -> Claim:
    """This run, ours. Raises RunElsewhere."""
    held = claim_run(url, run)
    if held is None:
        raise RunElsewhere(f"run {run} has ended, or somebody else is at it: nothing to do here")
    return held


def answered(url: str, held: Claim, answer: Answer) -> int:
    """Answer it and mark it; the version of the result.

    Raises what `answer` raises, once the run is marked, LeaseLost, and RunElsewhere for a plan that
    another took the place of.
    """
    current = read_plan(url, held.study).version
    if current != held.plan_version:
        why = f"plan version {current} took the place of version {held.plan_version}"
        drop_run(url, held, why)
        raise RunElsewhere(f"run {held.run} of {held.study} is not wanted any more: {why}")
    try:
        with alive(url, held):
            version = answer(url, held.study, held.asked_by, held.reason)
        mark_done(url, held, version)
        return version
    except LeaseLost:
        raise
    except DatabaseUnavailable as away:
        _let_go(url, held, f"the database, which went away: {away}")
        raise
    except NO as refusal:
        mark_failed(url, held, str(refusal))
        raise
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        if held.attempts < TRIES:
            _let_go(url, held, f"another attempt, since the last failed with {why}")
        else:
            mark_failed(url, held, f"it failed {TRIES} times, with {why}")
        raise
    except BaseException:
        _let_go(url, held, "another worker: the last was ended", pause=0.0)
        raise


def _let_go(url: str, held: Claim, why: str, pause: float | None = None) -> None:
    """As far as that is still possible; otherwise the lease runs out."""
    try:
        if pause is None:
            let_go(url, held, why)
        else:
            let_go(url, held, why, pause)
    except StorageError as away:
        narrate("queue", f"run {held.run} is left to its lease: {away}")
