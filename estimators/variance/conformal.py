"""Conformal inference: is the time of treatment unusual, under the effect that is assumed?

To test that the effect is τ in every treated cell, τ is taken off the treated outcomes, the model
is fitted to all periods as if nobody had been treated, and the residuals û of treated units are
shifted round in time by 0, …, T − 1 periods (moving blocks, which keep serial correlation):

    S_k = |Σ û over the pattern's cells, k periods later|      p(τ) = #{k: S_k ≥ S_0} / K

The pattern is that of the treated cells observed, and the K shifts are those that put all of it on
observed cells: T without gaps. A sum over fewer cells is smaller, and would make an effect of what
is only complete; these K are the same whichever of them is the true one.

p is p(0); the interval holds the τ with p(τ) > 1 − level. p is a step function of τ, not always
with one hill. The ends are sought from the estimate outwards, by doubling and halving; on the side
of zero from zero outwards if zero is accepted, and short of zero if not, so that the interval
excludes zero exactly when p ≤ 1 − level. Effects rejected further in are inside all the same. When
the estimate itself is rejected, or nothing is however far away, the row is a refusal that says so.

**Here treated outcomes are data**, nowhere else: under the hypothesis they are untreated ones once
the effect is taken off, and a test that fitted the model without them would reject too often.
Estimators say how they are fitted so (`fit_under_null`); settings stay as they were tuned.

Source: Chernozhukov, Wüthrich and Zhu (2021), with their statistic for effects that last, the
absolute sum; their other one, the sum of absolute values, tests the path and not its average. Of
several treated units it is the sum over all their cells. Patterns other than a block are ours.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Inference
from estimators.core.panel import FloatArray, Panel
from estimators.variance.placebos import Placebos
from estimators.variance.ranks import rejecting_ranks, require_enough

TIES = 1e-9  # of the largest statistic: shifts of equal residuals are equal
ROUNDING = 1e-12  # of the outcome's spread: smaller residuals are none
DOUBLINGS = 40
EXACT = 1e-4  # of the distance searched: how closely an end is found


@runtime_checkable
class FittedUnderNull(Protocol):
    """An estimator that can be fitted to all cells."""

    def fit_under_null(self, panel: Panel) -> FloatArray:
        """(N, T) in rows of ever-treated units: what the method makes of them, all cells data."""


@dataclass(frozen=True)
class ConformalTest:
    """The treated periods among all periods, the model fitted under the hypothesis."""

    kind: ClassVar[str] = "conformal"

    def infer(self, effect: float, placebos: Placebos, level: float) -> Inference:
        """Raises UnsupportedDesign with too few periods, or without a fit to all of them."""
        panel, estimator = placebos.panel, placebos.tuned
        if not isinstance(estimator, FittedUnderNull):
            raise UnsupportedDesign(
                f"{self.kind} needs one fit to all periods; {estimator.name} fits each treated "
                f"cell by itself, from its neighbours in time, which carry the effect too; use did "
                f"or mc"
            )
        if placebos.outside:
            raise UnsupportedDesign(
                f"{self.kind} shifts the residuals of all treated cells round in time; "
                f"{placebos.outside} of them belong to another part of the treatment, and have "
                f"none here; read a kind that rests on placebos"
            )
        periods = len(panel.periods)
        require_enough(periods, level, self.kind, "periods", beside=0)
        at_estimate = statistics(panel, estimator, effect)
        shifts = len(at_estimate)
        require_enough(
            shifts, level, self.kind, f"of {periods} shifts in time to meet no gap", beside=0
        )
        rejected = rejecting_ranks(shifts, level)

        def rank(tau: float) -> int:
            return _rank(statistics(panel, estimator, tau))

        step = _scale(at_estimate, panel)
        low, high = interval(rank, rejected, effect, step, self.kind)
        which = f"all {shifts}" if shifts == periods else f"{shifts} of {periods}"
        gaps = "" if shifts == periods else ", those that meet no gap"
        return Inference(
            kind=self.kind,
            level=level,
            ci_low=low,
            ci_high=high,
            p_value=rank(0.0) / shifts,
            placebos=shifts,
            construction=f"{which} shifts of the residuals in time{gaps}, fitted under the null",
        )


def statistics(panel: Panel, estimator: FittedUnderNull, tau: float) -> FloatArray:
    """(K,) S of the shifts that meet no gap, the treated cells' own first, under an effect of τ."""
    null = replace(panel, outcome=panel.outcome - tau * panel.treatment)
    residuals = null.outcome - estimator.fit_under_null(null)
    known = np.isfinite(residuals)
    moved = (np.roll(panel.treatment & known, k, axis=1) for k in range(len(panel.periods)))
    return np.array([abs(float(residuals[cells].sum())) for cells in moved if known[cells].all()])


def interval(
    rank: Callable[[float], int], rejected: int, estimate: float, scale: float, kind: str
) -> tuple[float, float]:
    """The ends of what is not rejected around the estimate: ranks above `rejected`.

    scale: a positive step to begin with, in the outcome's measure
    Raises UnsupportedDesign when the estimate is rejected, or no effect on some side is.
    """

    def accepted(tau: float) -> bool:
        return rank(tau) > rejected

    if not accepted(estimate):
        raise UnsupportedDesign(
            f"{kind}: an effect as large as the estimate in every treated cell is itself rejected, "
            f"so that the interval would not contain it; read effects by period, or another kind"
        )

    def end(side: int) -> float:
        inside, step = estimate, scale
        if side * estimate < 0:  # zero lies on this side, and decides where the end is
            if not accepted(0.0):
                return _halved(accepted, inside, 0.0)
            inside = 0.0
        for _ in range(DOUBLINGS):
            outside = inside + side * step
            if not accepted(outside):
                return _halved(accepted, inside, outside)
            inside, step = outside, 2 * step
        raise UnsupportedDesign(
            f"{kind}: effects {'above' if side > 0 else 'below'} the estimate are not rejected "
            f"however large, because the model follows them; read another kind"
        )

    return end(-1), end(1)


def _halved(accepted: Callable[[float], bool], inside: float, outside: float) -> float:
    """The last accepted value found between one that is and one that is not."""
    close = EXACT * abs(outside - inside)
    while abs(outside - inside) > close:
        middle = (inside + outside) / 2
        if accepted(middle):
            inside = middle
        else:
            outside = middle
    return inside


def _rank(found: FloatArray) -> int:
    return int(np.sum(found >= found[0] - TIES * found.max()))


def _scale(found: FloatArray, panel: Panel) -> float:
    """What a cell of a shifted window is off by, typically: a step of the search."""
    typical = float(np.median(found)) / int(panel.treatment.sum())
    if typical > ROUNDING * float(np.nanstd(panel.outcome)):
        return typical
    raise UnsupportedDesign(
        "conformal: residuals are all zero under the null, which says nothing about noise"
    )
