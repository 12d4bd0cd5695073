"""Who is treated in a simulated panel, and when.

    own         the rows of the study's own treatment, on units drawn one after the other by their
                odds π_i / (1 − π_i), π of a logistic policy that is itself drawn from what the
                treated units say of it (propensity.py): units that were treated because they
                differ are replaced by units that do so too, as far as that is known
    shuffled    the same rows, on units each of which is as likely as any other
    logistic    unit i with probability π_i (propensity.py), in the last periods; of more than
                `units` a random `units`, of none one unit drawn from all
    uniform     exactly `units`, each as likely as any other, in the last periods
    staggered   exactly `units`, each from a random one of the last periods to the end
    on_off      the exam's pattern (calibration/patterns.py): three periods on, three off

Source: logistic and uniform: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), section 3;
Athey, Imbens, Qu and Viviano (2025), section 3.1. The others are ours.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from estimators.calibration.patterns import treatment_of
from estimators.core.errors import InvalidPanel, UnsupportedDesign
from estimators.core.panel import BoolArray, FloatArray
from estimators.race.propensity import Policies

WAYS = ("own", "shuffled", "logistic", "uniform", "staggered", "on_off")
LEAST_CONTROLS = 2  # units left untreated, at least
LEAST_PAST = 2  # periods before treatment, at least


@dataclass(frozen=True)
class Assignment:
    """how: as above

    units: treated, at most by `logistic`, exactly by `uniform` and `staggered`
    periods: treated, the last ones; of `staggered` those in which treatment may start
    """

    how: Literal["own", "shuffled", "logistic", "uniform", "staggered", "on_off"] = "own"
    units: int = 10
    periods: int = 10

    def __post_init__(self) -> None:
        if self.how not in WAYS:
            raise InvalidPanel(f"no assignment {self.how!r}; choose from {', '.join(WAYS)}")
        if self.units < 1 or self.periods < 1:
            raise InvalidPanel(
                f"an assignment treats at least one unit in one period, not {self.units} in "
                f"{self.periods}"
            )


@dataclass(frozen=True, eq=False)
class Source:
    """own: (N, T) the panel's treatment      periods: labels
    propensity: (N,) π, and policies: what is known of the one behind `own`, where asked for"""

    own: BoolArray
    propensity: FloatArray | None
    policies: Policies | None
    periods: tuple[Hashable, ...]


def treatment_drawn(source: Source, assignment: Assignment, rng: np.random.Generator) -> BoolArray:
    """(N, T) one treatment. Raises UnsupportedDesign where the panel has no room for it."""
    units, periods = source.own.shape
    if assignment.how == "shuffled":
        return _shuffled(source.own, rng)
    if assignment.how == "own":
        return _moved(source, rng)
    if assignment.how == "on_off":
        return treatment_of("on_off", units, periods, rng)
    _require_room(source, assignment)
    treatment = np.zeros((units, periods), dtype=np.bool_)
    if assignment.how == "logistic":
        assert source.propensity is not None
        chosen = np.flatnonzero(rng.random(units) < source.propensity)
        if not len(chosen):
            chosen = rng.choice(units, size=1)
        chosen = rng.permutation(chosen)[: assignment.units]
    else:
        chosen = rng.choice(units, size=assignment.units, replace=False)
    start = np.full(len(chosen), periods - assignment.periods)
    if assignment.how == "staggered":
        start = start + rng.integers(assignment.periods, size=len(chosen))
    treatment[chosen] = np.arange(periods) >= start[:, None]
    return treatment


def _shuffled(own: BoolArray, rng: np.random.Generator) -> BoolArray:
    if not own.any():
        raise UnsupportedDesign(
            "no cell of the panel is treated, so there is no treatment of its own to move; use "
            "another assignment"
        )
    return np.asarray(own[rng.permutation(len(own))])


def _moved(source: Source, rng: np.random.Generator) -> BoolArray:
    """The treated rows, by odds; all the same where everybody is treated."""
    treated = source.own.any(axis=1)
    if source.policies is None:
        return _shuffled(source.own, rng)
    odds = source.policies.drawn(rng)
    rows = source.own[treated]
    chosen = rng.choice(len(odds), size=len(rows), replace=False, p=odds / odds.sum())
    treatment = np.zeros_like(source.own)
    treatment[chosen] = rows
    return treatment


def _require_room(source: Source, assignment: Assignment) -> None:
    units, periods = source.own.shape
    if units < assignment.units + LEAST_CONTROLS or periods < assignment.periods + LEAST_PAST:
        raise UnsupportedDesign(
            f"treating {assignment.units} units in the last {assignment.periods} periods needs "
            f"{assignment.units + LEAST_CONTROLS} units and {assignment.periods + LEAST_PAST} "
            f"periods; there are {units} and {periods} ({source.periods[0]} to "
            f"{source.periods[-1]}); treat fewer"
        )
