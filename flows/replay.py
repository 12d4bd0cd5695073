"""A stored answer computed again, from what is stored, and compared number by number.

    result → snapshot, plan, settings, seed → fit, variances → compare → keep the replay

A replay writes no result. Where a rule chose the primary estimator, the stored choice is used; its
race, which may take longer than all the rest, is run again when that is asked for.
"""

from prefect import flow

from estimators.core.errors import EstimationError
from flows.estimating import estimated
from flows.failures import leave_trace
from flows.racing import run_again
from flows.side_by_side import SideBySide
from storage.differences import Comparison
from storage.errors import StorageError
from storage.provenance import whoami
from storage.records import StoredResult
from storage.replays import Replay
from storage.server import database
from studies.primary import PrimaryRule
from tasks.narration import narrate
from tasks.panels import read_linked
from tasks.replays import (
    compare_answer,
    compare_race,
    draw_results,
    keep_replay,
    tell_of_drift,
    tell_of_failure,
)
from tasks.results import read_result


@flow(name="replay", flow_run_name="replay {study}@{version}", task_runner=SideBySide())  # type: ignore[arg-type]
def replay(
    study: str, version: int, requested_by: str = "", reason: str = "", race: bool = False
) -> Replay:
    """Compute study@version again and say what is not the same.

    requested_by: who asks; the user of this process when empty      race: run its race again, too
    Raises StorageError for a result that is not there, or no longer what was saved.
    """
    by = requested_by or whoami()
    with database() as url:
        return _replayed(url, study, version, by, reason, race)


@flow(name="replay sample", flow_run_name="replay {count} at random")
def replay_sample(count: int = 5, requested_by: str = "", race: bool = False) -> list[Replay]:
    """Replay results drawn at random, one after the other; whoever tampers cannot know which.

    One that cannot be replayed at all is told of like one that comes out different, and the others
    are replayed all the same. Raises StorageError when no result can be drawn.
    """
    by = requested_by or whoami()
    found = []
    with database() as url:
        for study, version in draw_results(url, count):
            try:
                made = _replayed(url, study, version, by, "drawn at random", race)
            except (EstimationError, StorageError) as error:
                tell_of_failure(url, study, version, error, by)
                continue
            found.append(made)
            if made.outcome == "different":
                tell_of_drift(url, made)
    return found


def _replayed(url: str, study: str, version: int, by: str, reason: str, race: bool) -> Replay:
    """The steps in order."""
    try:
        result = read_result(url, study, version)
        narrate("replay", f"{study}@{result.version}: {_primary(result)}")
        linked = read_linked(url, result)
        answers = estimated(
            result.panel,
            result.plan,
            result.primary,
            result.placed,
            linked,
            result.choice.weights if result.choice else None,
        )
        standings = _raced(result) if race else None
        return keep_replay(url, compare_answer(result, answers, standings, by, reason))
    except BaseException as error:
        leave_trace(url, "replay", f"{study}@{version}", by, error)
        raise


def _raced(result: StoredResult) -> Comparison | None:
    """The race behind the primary, run again; None where there is none to be run."""
    rule, choice = result.plan.primary, result.choice
    if not isinstance(rule, PrimaryRule) or choice is None or choice.race is None:
        narrate("race", "there is none behind this result")
        return None
    again, weights = run_again(result.plan, rule, result.panel, result.snapshot_hash)
    return compare_race(choice.race, again, choice.weights, weights)


def _primary(result: StoredResult) -> str:
    if result.choice is None:
        return f"primary {result.primary}, as planned"
    return f"primary {result.primary}, as chosen then: {result.choice.reason}"
