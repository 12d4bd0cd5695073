"""A race, design by design and batch by batch; and the choice that rests on one.

    known already? → per design: lay out → batches, those not yet finished → rank → store

A batch is kept when it ends, so that a race that was interrupted goes on where it was, and one with
more replications begins with those that are there. The standings are stored at the end, all of them
in one transaction.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from prefect.futures import as_completed
from threadpoolctl import threadpool_limits

from estimators.core.errors import UnsupportedDesign
from estimators.core.panel import Panel
from estimators.race.results import Results
from estimators.race.standings import Standing
from flows.spreading import task_runner
from storage.choices import Choice
from storage.json_values import plain
from storage.provenance import code_version, environment_hash
from storage.race_records import StoredChoice, StoredRace
from storage.races import RaceRequest
from studies import Plan
from studies.primary import PrimaryRule
from tasks.narration import Progress, narrate
from tasks.race import (
    BATCH,
    choose,
    entrants,
    find_batches,
    find_choice,
    find_race,
    keep_batch,
    keep_choice,
    keep_race,
    lay_out,
    rank,
    run_batch,
)
from tasks.race_designs import CHOOSING, Asked, Design, asked_by, designs_of
from tasks.race_grounds import Ground
from tasks.step import within_prefect
from tasks.studies import Question


def raced(
    url: str, ground: Ground, asked: Asked, by: str, *, one_of_many: bool = False
) -> StoredRace:
    """The race, or the stored one where the same was run before.

    one_of_many: a panel in which nobody can race is on record with the reason, beside the others
    Raises UnsupportedDesign when this panel has room for none of its designs and is alone,
    StorageError.
    """
    request = _request(ground, asked, by)
    known = find_race(url, request.request_id)
    if known is not None:
        return known
    found: dict[str, Sequence[Standing]] = {}
    with threadpool_limits(limits=1):
        for design in asked.designs:
            try:
                found[design.name] = _run(url, request, ground, asked, design)
            except UnsupportedDesign as refused:
                narrate("race", f"{design.name}: {refused}")
                found[design.name] = _nobody(asked, str(refused))
    every = [one for standings in found.values() for one in standings]
    if not one_of_many and not any(one.answered for one in every):
        raise UnsupportedDesign(f"{ground.name}: nobody can race here: {every[0].reason}")
    return keep_race(url, request, found)


def _request(ground: Ground, asked: Asked, by: str) -> RaceRequest:
    return RaceRequest(
        panel=ground.name,
        settings=plain(asked),
        seed=asked.seed,
        data_hash=ground.data_hash,
        snapshot_hash=ground.snapshot_hash,
        code_version=code_version(),
        environment_hash=environment_hash(),
        requested_by=by,
    )


def _run(
    url: str, request: RaceRequest, ground: Ground, asked: Asked, design: Design
) -> tuple[Standing, ...]:
    """One design, to its end."""
    course = lay_out(ground, asked, design)
    key = request.part(plain(asked.of(design)))
    batches = _batches(course.count)
    parts: dict[int, Results] = find_batches(url, key, batches)
    progress = Progress("race", course.count, f"replications, {design.name}")
    progress.skip(sum(len(batches[place]) for place in parts))
    given: dict[str, Any] = {"course": course, "estimators": entrants(asked), "kinds": asked.kinds}
    waiting = [place for place in range(len(batches)) if place not in parts]

    def keep(place: int, found: Results) -> None:
        parts[place] = found
        keep_batch(url, key, batches[place], found)
        progress.add(len(batches[place]))

    started = time.monotonic()
    if waiting:  # one here, to know how long the others will take
        first = waiting.pop(0)
        keep(first, run_batch(**given, numbers=batches[first]))
    if not within_prefect():  # a worker process: its cores have studies of their own
        for place in waiting:
            keep(place, run_batch(**given, numbers=batches[place]))
        waiting = []
    with task_runner((time.monotonic() - started) * len(waiting)) as runner:
        running = {
            runner.submit(run_batch, {**given, "numbers": batches[place]}): place
            for place in waiting
        }
        for done in as_completed(list(running)):
            keep(running[done], done.result())
    return rank([parts[place] for place in sorted(parts)])


def _batches(count: int) -> list[range]:
    """Numbers of replications, BATCH at a time."""
    return [range(count)[first : first + BATCH] for first in range(0, count, BATCH)]


def _nobody(asked: Asked, reason: str) -> tuple[Standing, ...]:
    """Standings of a design that this panel has no room for."""
    count = asked.replications
    return tuple(Standing(key, 0, count, reason, eligible=False) for key in asked.estimators)


def run_again(
    plan: Plan, rule: PrimaryRule, panel: Panel, snapshot: str
) -> tuple[dict[str, tuple[Standing, ...]], Mapping[str, float] | None]:
    """The race behind a choice, from its first replication to its last; none of it is kept.

    Returns its standings, and the weights of an ensemble where the rule is one.

    Raises UnsupportedDesign when no race could be run on this panel then either.
    """
    ground = Ground(plan.study, snapshot, panel.masked)
    asked = _asked(plan, rule, ground)
    found: dict[str, tuple[Standing, ...]] = {}
    weights = None
    with threadpool_limits(limits=1):
        for design in asked.designs:
            try:
                course = lay_out(ground, asked, design)
                progress = Progress("race", course.count, f"replications again, {design.name}")
                parts = []
                for numbers in _batches(course.count):
                    parts.append(run_batch(course, entrants(asked), asked.kinds, numbers))
                    progress.add(len(numbers))
                found[design.name] = rank(parts)
                if design is asked.designs[0]:
                    weights = choose(found[design.name], parts, rule.rule).weights
            except UnsupportedDesign as refused:
                found.setdefault(design.name, _nobody(asked, str(refused)))
    return found, weights


def chosen_before(
    url: str, question: Question, request_id: str, panel: Panel, snapshot: str, by: str
) -> StoredChoice | None:
    """The primary that the plan's rule takes, on record before anything is estimated.

    request_id: of the result to come      panel: what will be estimated on; none of its treated
    outcomes is looked at
    None where the plan names its primary. The same request is the same choice.
    """
    rule, plan = question.plan.primary, question.plan
    if not isinstance(rule, PrimaryRule):
        return None
    known = find_choice(url, request_id)
    if known is not None:
        narrate("primary", f"chosen before: {known.estimator}")
        return known
    ground = Ground(plan.study, snapshot, panel.masked)
    race: StoredRace | None = None
    try:
        asked = _asked(plan, rule, ground)
        race = raced(url, ground, asked, by)
        found = choose(_simulated(race, asked), _parts(url, ground, asked), rule.rule)
        how = "tie" if found.tied_with else "rule"
        made = _made(found.key, how, found.why, found.tied_with, found.weights)
    except UnsupportedDesign as refused:
        why = f"the plan’s fall-back, because no race can choose here: {refused}"
        made = _made(rule.fallback, "fallback", why, ())
    return keep_choice(
        url,
        Choice(
            request_id=request_id,
            study=plan.study,
            plan_version=question.version,
            plan_hash=question.sha256,
            rule=rule.model_dump(mode="json"),
            race=None if race is None else race.request_id,
            requested_by=by,
            **made,
        ),
    )


def _asked(plan: Plan, rule: PrimaryRule, ground: Ground) -> Asked:
    """The race that a rule is applied to. Raises UnsupportedDesign."""
    seed = plan.seed if rule.seed is None else rule.seed
    return asked_by(plan, designs_of(ground), rule.replications, seed, **CHOOSING)


def _simulated(race: StoredRace, asked: Asked) -> tuple[Standing, ...]:
    """The standings a rule is applied to: those on panels simulated to be like this one.

    Raises UnsupportedDesign, with its own reason, when no such panel could be drawn.
    """
    found = race.standings[asked.designs[0].name]
    if not any(one.answered for one in found):
        raise UnsupportedDesign(str(found[0].reason))
    return found


def _parts(url: str, ground: Ground, asked: Asked) -> list[Results]:
    """The batches behind the standings that a rule is applied to, all of them kept by now."""
    key = _request(ground, asked, "").part(plain(asked.of(asked.designs[0])))
    found = find_batches(url, key, _batches(asked.replications))
    return [found[place] for place in sorted(found)]


def _made(
    estimator: str,
    how: str,
    reason: str,
    tied_with: Sequence[str],
    weights: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    return {
        "estimator": estimator,
        "how": how,
        "reason": reason,
        "tied_with": tied_with,
        "weights": weights,
    }
