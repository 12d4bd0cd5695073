"""A stored answer computed again: which ones, what came out, and the row that says so."""

from collections.abc import Mapping, Sequence
from typing import Any

from prefect.cache_policies import NO_CACHE

from estimators.core.fit import Estimate, Refusal
from estimators.race.standings import Standing
from reports.replays import sentence
from storage import replays
from storage.alerts import raise_alert
from storage.differences import Comparison, compare_values
from storage.json_values import plain
from storage.ledger import ledger
from storage.race_records import StoredRace
from storage.records import StoredResult
from storage.replays import Replay
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.step import task

UNTIMED = "seconds"  # of a standing: how long it took is no answer


@task(name="draw results", task_run_name="draw {count}", **ON_THE_LEDGER)
def draw_results(url: str, count: int) -> list[tuple[str, int]]:
    """Study and version of so many results, at random."""
    with ledger(url) as session:
        return replays.drawn(session, count)


@task(name="compare a race", task_run_name="compare the race", cache_policy=NO_CACHE)
def compare_race(
    race: StoredRace,
    again: Mapping[str, Sequence[Standing]],
    weights: Mapping[str, float] | None,
    weights_again: Mapping[str, float] | None,
) -> Comparison:
    """The standings that are stored and those that came out, without the time they took.

    weights: of the ensemble made from them, where one was
    """
    before, after = _by_name(race.standings), _by_name(again)
    if weights is not None or weights_again is not None:
        before["weights"], after["weights"] = dict(weights or {}), dict(weights_again or {})
    return compare_values("race", before, after)


@task(name="compare an answer", task_run_name="compare", cache_policy=NO_CACHE)
def compare_answer(
    result: StoredResult,
    answers: Mapping[str, Estimate | Refusal],
    standings: Comparison | None,
    by: str,
    reason: str,
) -> Replay:
    """What is stored and what came out, number by number."""
    found = replays.replayed(result, answers, standings, by=by, reason=reason)
    narrate(
        "replay", f"{result.study}@{result.version}: {found.outcome}, {found.numbers:,} numbers"
    )
    return found


@task(name="keep a replay", task_run_name="keep the replay", **ON_THE_LEDGER)
def keep_replay(url: str, replay: Replay) -> Replay:
    """Its row and its entry in the audit log; no result is written."""
    with ledger(url) as session:
        return replays.save(session, replay)


@task(name="tell of a drift", task_run_name="tell of {replay.study}", **ON_THE_LEDGER)
def tell_of_drift(url: str, replay: Replay) -> None:
    """An alert that a stored result no longer comes out; one for as long as it is open."""
    details = {
        "message": sentence(replay),
        "version": replay.version,
        "differing": replay.differing,
        "largest": replay.largest,
    }
    key = f"{replay.study}@{replay.version} {replay.code_version}"
    with ledger(url) as session:
        raise_alert(session, "result_drifted", replay.study, details, key, replay.requested_by)


@task(name="tell of a failure", task_run_name="tell of {study}", **ON_THE_LEDGER)
def tell_of_failure(url: str, study: str, version: int, error: Exception, by: str) -> None:
    """An alert that a stored result could not be computed again at all."""
    details = {"message": f"{study}@{version} cannot be replayed: {error}", "version": version}
    with ledger(url) as session:
        raise_alert(session, "replay_failed", study, details, f"{study}@{version}", by)


def _by_name(standings: Mapping[str, Sequence[Standing]]) -> dict[str, dict[str, Any]]:
    return {
        design: {
            one.estimator: {
                name: value for name, value in plain(one).items() if name != UNTIMED
            }
            for one in found
        }
        for design, found in standings.items()
    }  # fmt: skip
