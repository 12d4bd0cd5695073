"""Replications of a race: every estimator on panels drawn from one simulation, and its error.

Each estimator is tuned on each simulated panel by its own rule, as it would be on a real one; the
truth is used for nothing but its error, estimate − mean effect of the treated cells. Replications
are independent of each other and of how they are split into batches. Intervals cost many refits
each, so only the first of the replications, as many as the race says, are asked for them.

Source: the recommendation to race estimators on simulations like one's own panel is that of Athey,
Imbens, Qu and Viviano (2025).
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from estimators.calibration.answer import answer, numbers_of
from estimators.core.errors import NotConverged, UnsupportedDesign
from estimators.core.fit import Estimator, Inference, Refusal
from estimators.core.panel import Panel
from estimators.core.parallel import one_after_the_other
from estimators.core.settings import with_settings
from estimators.race.assignments import Assignment
from estimators.race.effects import Effect
from estimators.race.results import Results, Said, gathered
from estimators.race.simulation import Simulation, drawn
from estimators.variance.kinds import InferenceKind


@dataclass(frozen=True)
class Race:
    """What is drawn, and what is asked.

    assignment, effect: see assignments.py and effects.py      seed: of every draw
    intervals: replications asked for intervals, the first ones
    level: of intervals      placebos: draws at most per pool
    """

    assignment: Assignment = field(default_factory=Assignment)
    effect: Effect = field(default_factory=Effect)
    seed: int = 0
    intervals: int = 50
    level: float = 0.95
    placebos: int = 40


def run(
    race: Race,
    simulation: Simulation,
    estimators: Mapping[str, Estimator],
    kinds: Sequence[InferenceKind],
    numbers: Sequence[int],
) -> Results:
    """These replications, one after the other.

    Threads would wait for each other's Python; batches may be computed side by side in processes.

    numbers: 0, 1, …, in any batches      Raises UnsupportedDesign where nothing can be drawn.
    """

    def one(number: int) -> tuple[float, list[Said]]:
        found = drawn(simulation, race.assignment, race.effect, race.seed, number)
        asked = kinds if number < race.intervals else ()
        return found.effect, [
            said(found.panel, estimator, asked, race.level, race.placebos, number)
            for estimator in estimators.values()
        ]

    found = [one(number) for number in numbers]
    return gathered(
        tuple(estimators),
        tuple(kind.kind for kind in kinds),
        np.array(numbers, dtype=np.intp),
        np.array(numbers, dtype=np.intp),
        np.array([effect for effect, _ in found]),
        [row for _, row in found],
    )


def said(
    panel: Panel,
    estimator: Estimator,
    kinds: Sequence[InferenceKind],
    level: float,
    placebos: int,
    seed: int,
) -> Said:
    """Of one panel: tuned on it, fitted, and asked for intervals where kinds are given."""
    started = time.thread_time()
    found: Sequence[Inference | Refusal] = ()
    estimate, reason = float(np.nan), None
    try:
        with one_after_the_other():
            tuned = with_settings(estimator, show_untreated=False).tune(panel)
            estimate, found = answer(panel, tuned, kinds, level, placebos, seed)
    except (UnsupportedDesign, NotConverged) as refusal:
        reason = str(refusal)
    seconds = time.thread_time() - started
    inference = {one.kind: numbers_of(one, 0.0) for one in found if isinstance(one, Inference)}
    reasons = {one.key: one.reason for one in found if isinstance(one, Refusal)}
    return Said(estimate, seconds, reason, inference, reasons)
