"""How far the ATT rests on a single donor, a single treated unit, or a period before treatment.

    change_k = att of the panel without k − att

k is a never-treated unit, a pre-period, or, where there are several, a treated unit, whose cells
leave the average with it: the ATT is then one of other cells, and a change is no error.

Each is left out whole and the *tuned* estimator fitted again; nothing is tuned anew. With on/off
treatment, where there may be neither never-treated units nor pre-periods, every unit and every
period is a candidate, and its treated cells leave the average with it. Periods count as
neighbours when the one between them went.

Where a fit has weights, those of weight zero are not tried (SDID's weights may move all the same,
the others' cannot), and the largest go first; without weights they are taken evenly through the
panel. At most 120 are tried, fewer where a fit is dear: by cells of the panel and optimisations of
a fit. How many of how many is part of the answer.

Source: leave-one-out as in Abadie, Diamond and Hainmueller (2015, section 3), who drop each state
with positive weight. Treated units, periods, and the rationing, are this project's own.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

from estimators.core.designs import pattern
from estimators.core.effect import att
from estimators.core.errors import EstimationError, UnsupportedDesign
from estimators.core.fit import Estimator, Fit
from estimators.core.panel import BoolArray, FloatArray, IntArray, Panel, listed
from estimators.core.parallel import anywhere

MOST = 120  # refits for donors, as many for treated units, and as many for periods
WORK = 1_000_000  # cells × optimisations of one fit, times refits
LISTED = 3


@dataclass(frozen=True)
class LeftOut:
    """One unit or period left out: its label, the ATT without it, and the change."""

    label: Hashable
    att: float
    change: float


@dataclass(frozen=True)
class Leverage:
    """The ATT with each of some units, or periods, left out in turn.

    tried, of: how many were left out, of how many that could matter
    largest: those that move it most, the largest first; three at most
    low, high: the smallest and the largest ATT found
    impossible: labels without which the estimator cannot answer
    """

    tried: int
    of: int
    largest: tuple[LeftOut, ...]
    low: float
    high: float
    impossible: tuple[Hashable, ...] = ()


def donor_leverage(panel: Panel, estimator: Estimator, fit: Fit, effect: float) -> Leverage:
    """Leave out one donor at a time.

    estimator: tuned, as placebos refit it      effect: the published ATT

    Raises UnsupportedDesign when there is no donor to leave out, or a fit is too dear to repeat.
    """
    switching = pattern(panel) == "on_off"
    candidates = np.ones_like(panel.control_units) if switching else panel.control_units
    weights = [one.units for one in fit.weights if one.units is not None]

    units, periods = np.arange(len(panel.units)), np.arange(len(panel.periods))

    def without(unit: int) -> Panel:
        return panel.select(units != unit, periods)

    return _leverage(panel, estimator, effect, candidates, weights, without, panel.units, "donor")


def treated_leverage(panel: Panel, estimator: Estimator, effect: float) -> Leverage:
    """Leave out one treated unit at a time; likewise.

    Raises UnsupportedDesign also where treatment goes on and off: any unit is a donor there.
    """
    if pattern(panel) == "on_off":
        raise UnsupportedDesign("treatment goes on and off: treated units are among the donors")
    units, periods = np.arange(len(panel.units)), np.arange(len(panel.periods))

    def without(unit: int) -> Panel:
        return panel.select(units != unit, periods)

    treated = panel.treated_units
    return _leverage(panel, estimator, effect, treated, [], without, panel.units, "treated unit")


def period_leverage(panel: Panel, estimator: Estimator, fit: Fit, effect: float) -> Leverage:
    """Leave out one period at a time; likewise."""
    before = panel.pre_periods
    candidates = np.ones_like(before) if pattern(panel) == "on_off" else before
    weights = [one.periods for one in fit.weights if one.periods is not None]

    units, periods = np.arange(len(panel.units)), np.arange(len(panel.periods))

    def without(period: int) -> Panel:
        return panel.select(units, periods != period)

    return _leverage(
        panel, estimator, effect, candidates, weights, without, panel.periods, "period"
    )


def _leverage(
    panel: Panel,
    estimator: Estimator,
    effect: float,
    candidates: BoolArray,
    weights: list[FloatArray],
    without: Callable[[int], Panel],
    labels: tuple[Hashable, ...],
    what: str,
) -> Leverage:
    order = _anywhere_of_weight(candidates, weights)
    if len(order) < 2:
        number = "is 1" if len(order) == 1 else "are 0"
        plural = "" if len(order) == 1 else "s"
        raise UnsupportedDesign(
            f"there {number} {what}{plural} that could be left out, of 2 needed"
        )
    cost = panel.outcome.size * estimator.problems(panel)
    most = min(MOST, WORK // cost)
    if not most:
        raise UnsupportedDesign(
            f"leaving out one {what} at a time repeats a fit of {estimator.problems(panel):,} "
            f"optimisations on {panel.outcome.size:,} cells, which is too dear to do unasked"
        )
    chosen = order[:most] if weights else order[:: -(-len(order) // most)]

    def left(one: int) -> float:
        try:
            smaller = without(one)
            return att(smaller, estimator.fit(smaller))
        except EstimationError:
            return np.nan

    found = np.array(anywhere(left, chosen.tolist()))
    answered = np.isfinite(found)
    impossible = tuple(labels[k] for k in chosen[~answered])
    if not answered.any():
        raise UnsupportedDesign(
            f"without any one of {len(chosen)} {what}s ({listed(impossible)}) there is no answer"
        )
    place, atts = chosen[answered], found[answered]
    largest = np.argsort(-np.abs(atts - effect), kind="stable")[:LISTED]
    return Leverage(
        len(chosen),
        len(order),
        tuple(LeftOut(labels[place[k]], float(atts[k]), float(atts[k] - effect)) for k in largest),
        float(atts.min()),
        float(atts.max()),
        impossible,
    )


def _anywhere_of_weight(candidates: BoolArray, weights: list[FloatArray]) -> IntArray:
    """Positions of candidates with weight, the largest first; all in panel order without any."""
    if not weights:
        return np.flatnonzero(candidates)
    size = np.where(candidates, np.abs(np.mean(weights, axis=0)), 0.0)
    order = np.argsort(-size, kind="stable")
    return order[size[order] > 0]
