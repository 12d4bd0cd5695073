"""The race in steps: what panels are drawn from, batches of replications, what they come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from prefect.cache_policies import NO_CACHE

from estimators import ESTIMATORS, VARIANCES, Panel
from estimators.core.fit import Estimator
from estimators.core.placements import Placement
from estimators.core.settings import with_settings
from estimators.race import race as races
from estimators.race.back_test import back_test, placements
from estimators.race.choice import ENSEMBLE, Choice, chosen
from estimators.race.effects import Effect
from estimators.race.ensemble import combined
from estimators.race.race import Race
from estimators.race.recipes import simulation_from, simulation_of
from estimators.race.results import Results, together
from estimators.race.simulation import Simulation, drawn, without
from estimators.race.standings import Standing, standings
from storage import choices, race_results
from storage import races as stored_races
from storage.ledger import ledger
from storage.race_records import StoredChoice, StoredRace
from storage.races import RaceRequest
from studies.settings import configured
from tasks.narration import narrate
from tasks.race_designs import BACK_TEST, Asked, Design, assignment_of, require_fit
from tasks.race_grounds import Ground
from tasks.retries import ON_THE_LEDGER
from tasks.step import task

BATCH = 10  # replications kept at a time: what an interruption costs, at most


@dataclass(frozen=True, eq=False)
class Course:
    """One design, ready to be run: simulated panels, or placements on the real one.

    count: replications there are to run
    """

    race: Race
    simulation: Simulation | None
    panel: Panel | None
    placed: tuple[Placement, ...]
    count: int


@task(name="look for a known race", task_run_name="known race?", **ON_THE_LEDGER)
def find_race(url: str, request_id: str) -> StoredRace | None:
    """What came of the same request before, if it was run."""
    with ledger(url) as session:
        found = stored_races.find(session, request_id)
    if found is not None:
        narrate("ledger", f"the same race was run before: {request_id[:12]}")
    return found


@task(name="lay out a course", task_run_name="course {design.name}", cache_policy=NO_CACHE)
def lay_out(ground: Ground, asked: Asked, design: Design) -> Course:
    """A design made ready. Raises UnsupportedDesign when this panel has no room for it."""
    require_fit(ground, design)
    intervals = asked.intervals_of(design)
    limits = {"level": asked.level, "placebos": asked.placebos, "intervals": intervals}
    if design.assignment == BACK_TEST:
        assert ground.panel is not None
        race = Race(seed=asked.seed, **limits)  # type: ignore[arg-type]
        placed = placements(ground.panel, race, asked.placements)
        return Course(race, None, ground.panel, placed, len(placed))
    assignment = assignment_of(design)
    effect = Effect(asked.effect, asked.size)  # type: ignore[arg-type]
    race = Race(assignment, effect, asked.seed, **limits)  # type: ignore[arg-type]
    whole = _simulation(ground, asked.recipe, design)
    simulation = without(whole, *design.without)  # type: ignore[arg-type]
    drawn(simulation, assignment, effect, asked.seed, 0)  # that there is no room is said at once
    return Course(race, simulation, None, (), asked.replications)


@task(name="run a batch", task_run_name="batch", cache_policy=NO_CACHE)
def run_batch(
    course: Course,
    estimators: Mapping[str, Estimator],
    kinds: Sequence[str],
    numbers: Sequence[int],
) -> Results:
    """Some replications, wherever the flow's task runner has it done. Needs no database."""
    asked = [VARIANCES[kind] for kind in kinds]
    if course.simulation is not None:
        return races.run(course.race, course.simulation, estimators, asked, numbers)
    assert course.panel is not None
    return back_test(course.race, course.panel, estimators, asked, course.placed, numbers)


@task(name="look for finished batches", task_run_name="finished?", **ON_THE_LEDGER)
def find_batches(url: str, key: str, batches: Sequence[Sequence[int]]) -> dict[int, Results]:
    """Of these batches, by place, those that an earlier run of the race has finished."""
    found = {}
    with ledger(url) as session:
        for place, numbers in enumerate(batches):
            stored = stored_races.batch(session, key, numbers[0], len(numbers))
            if stored is not None:
                found[place] = race_results.from_json(stored)
    return found


@task(name="keep a batch", task_run_name="keep", **ON_THE_LEDGER)
def keep_batch(url: str, key: str, numbers: Sequence[int], found: Results) -> None:
    """In a transaction of its own: an interruption leaves it where it is."""
    with ledger(url) as session:
        stored_races.keep_batch(session, key, numbers[0], len(numbers), race_results.to_json(found))


@task(name="rank the estimators", task_run_name="rank", cache_policy=NO_CACHE)
def rank(parts: Sequence[Results]) -> tuple[Standing, ...]:
    """One standing per estimator."""
    return standings(together(parts))


@task(name="keep a race", task_run_name="store", **ON_THE_LEDGER)
def keep_race(
    url: str, request: RaceRequest, found: Mapping[str, Sequence[Standing]]
) -> StoredRace:
    """All standings in one transaction, or none; read back. The same request is the same rows."""
    with ledger(url) as session:
        created = stored_races.save(session, request, found)
    with ledger(url) as session:
        stored = stored_races.find(session, request.request_id)
    assert stored is not None
    verb = "stored as" if created else "already stored as"
    narrate("ledger", f"race {verb} {request.request_id[:12]}")
    return stored


@task(name="look for a known choice", task_run_name="chosen?", **ON_THE_LEDGER)
def find_choice(url: str, request_id: str) -> StoredChoice | None:
    """What was chosen for the same request before, if it was."""
    with ledger(url) as session:
        return choices.find(session, request_id)


@task(name="apply the rule", task_run_name="choose", cache_policy=NO_CACHE)
def choose(found: Sequence[Standing], parts: Sequence[Results], rule: str) -> Choice:
    """What the rule takes. Raises UnsupportedDesign where nobody answered enough.

    found: standings      parts: the batches they come from
    """
    return combined(together(parts)) if rule == ENSEMBLE else chosen(found, rule)


@task(name="keep the choice", task_run_name="keep the choice", **ON_THE_LEDGER)
def keep_choice(url: str, choice: choices.Choice) -> StoredChoice:
    """Committed, with its entry in the audit log, before any effect is computed."""
    with ledger(url) as session:
        stored = choices.save(session, choice)
    named = "" if stored.how != "fallback" else f"{stored.estimator}, "
    narrate("primary", named + stored.reason)
    return stored


def entrants(asked: Asked) -> dict[str, Estimator]:
    """Estimators as the plan configures them, not tuned yet."""
    settings = asked.settings or {}
    return {
        key: with_settings(configured(ESTIMATORS[key], settings.get(key, {})), seed=asked.seed)
        for key in asked.estimators
    }


def _simulation(ground: Ground, recipe: str, design: Design) -> Simulation:
    if ground.panel is not None:
        return simulation_of(ground.panel, recipe)
    grid = ground.grid
    assert grid is not None
    nobody = np.zeros(len(grid.units), dtype=np.bool_)
    policy = (ground.policies or {}).get(design.policy or "", nobody)
    return simulation_from(grid.outcome, policy, grid.units, grid.periods, recipe)
