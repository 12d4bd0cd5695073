"""Jackknife variance: one unit left out at a time, the weights kept as they were.

    V = (N − 1)/N · Σ_i (τ̂⁻ⁱ − mean τ̂⁻)²      interval  τ̂ ± z √V

τ̂⁻ⁱ is the estimate without unit i: donors' weights ω are divided by what is left of their sum,
period weights stay, a treated unit's cells leave the average. For a cohort with weights ω, λ

    τ̂ = mean over its cells of  Y_it − Σ_j ω_j Y_jt − Σ_s λ_s (Y_is − Σ_j ω_j Y_js)

with λ = 0 for SC and equal for DIFP, and the att weights cohorts by treated cells. DID's weights
are equal, so that it is refitted. MC and DWCP have no weights that could be kept: refused.

Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Algorithm 3, as in the authors'
code (around the mean, and normal critical values); conservative for many units. Refused where they
have none: one treated unit, or one donor with all the weight. For SC, DIFP and cohorts it is ours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from estimators.core.designs import Cohort, cohorts, pattern
from estimators.core.effect import att
from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Estimator, Inference, Variance
from estimators.core.panel import FloatArray, IntArray, Panel, listed
from estimators.variance.bootstrap import ROUNDING as SAME
from estimators.variance.bootstrap import require_several
from estimators.variance.inference import infer
from estimators.variance.placebos import Placebos

KEPT = ("sc", "difp", "sdid")  # estimators with weights that can be kept
ROUNDING = 1e-8  # by which kept weights may miss the estimate, as a share of the outcome's spread


@dataclass(frozen=True)
class JackknifeVariance:
    """One unit left out at a time; for two treated units or more."""

    kind: ClassVar[str] = "jackknife"

    def estimate(self, placebos: Placebos) -> Variance:
        """V; raises UnsupportedDesign for one treated unit, and without weights to keep."""
        panel, name = placebos.panel, placebos.tuned.name
        require_several(panel, self.kind)
        if name == "did":
            without, how = _refitted(placebos.tuned, panel), "refitted"
        else:
            without, how = _with_weights_kept(placebos), "weights kept"
        effects = np.array([without(i) for i in range(len(panel.units))])
        lost = [panel.units[i] for i in np.flatnonzero(np.isnan(effects))]
        if lost:
            raise UnsupportedDesign(
                f"{self.kind}: without {listed(lost)} no treated cell is observed; observe more of "
                f"them, or use bootstrap"
            )
        n = len(effects)
        value = float((n - 1) / n * np.sum((effects - effects.mean()) ** 2))
        if not value > (SAME * float(np.nanstd(panel.outcome))) ** 2:
            raise UnsupportedDesign(
                f"{self.kind}: the effect is the same whichever of {n} units is left out, which "
                f"says nothing about noise"
            )
        text = f"each of {n} units left out in turn, {how}"
        return Variance(self.kind, value, np.inf, n, text)

    def infer(self, effect: float, placebos: Placebos, level: float) -> Inference:
        """The normal interval of V."""
        return infer(effect, self.estimate(placebos), level)


def _refitted(estimator: Estimator, panel: Panel) -> Callable[[int], float]:
    everyone = np.arange(len(panel.units))

    def without(unit: int) -> float:
        left = panel.select(everyone != unit, np.arange(len(panel.periods)))
        try:
            return att(left, estimator.fit(left))
        except UnsupportedDesign as refusal:
            raise UnsupportedDesign(f"jackknife, without {panel.units[unit]}: {refusal}") from None

    return without


def _with_weights_kept(placebos: Placebos) -> Callable[[int], float]:
    """The effect without a unit, from the weights of the estimate's own fit; nan without cells."""
    panel, fit, name = placebos.panel, placebos.fit, placebos.tuned.name
    if name not in KEPT:
        raise UnsupportedDesign(
            f"jackknife keeps weights, and {name} has none that could be kept when a unit goes; "
            f"use bootstrap"
        )
    groups = cohorts(panel) if pattern(panel) != "on_off" else ()
    if len(groups) != len(fit.weights) or fit.coefficients or fit.left_out is not None:
        raise UnsupportedDesign(
            f"jackknife is defined for one set of weights for each cohort; {name} has "
            f"{len(fit.weights)} for {len(groups)} cohorts, or covariates; use bootstrap"
        )
    parts = [
        _Kept(panel, cohort, weights.units, _anchor(name, weights.periods, cohort, panel))
        for cohort, weights in zip(groups, fit.weights, strict=True)
        if weights.units is not None
    ]

    def without(unit: int | None) -> float:
        sums = [part.without(unit) for part in parts]
        cells = sum(seen for _, seen in sums)
        return sum(total for total, _ in sums) / cells if cells else np.nan

    spread = float(panel.outcome[panel.usable].std()) or 1.0
    if not abs(without(None) - att(panel, fit)) <= ROUNDING * spread:
        raise UnsupportedDesign(
            f"jackknife cannot make the estimate of {name} out of its weights: they are not "
            f"averages of donors and periods; use bootstrap"
        )
    return without


def _anchor(name: str, periods: FloatArray | None, cohort: Cohort, panel: Panel) -> FloatArray:
    """(start,) weights of the periods in which the level is kept; none for SC.

    Without weights of their own they are the periods that were matched: those in which the whole
    cohort is observed.
    """
    if periods is not None:
        return periods[: cohort.start]
    matched = panel.observed[cohort.units, : cohort.start].all(axis=0)
    return np.zeros(cohort.start) if name == "sc" else matched / matched.sum()


class _Kept:
    """One cohort with its weights.

    units: (N,) of donors      anchor: (start,) of the periods before treatment
    """

    def __init__(self, panel: Panel, cohort: Cohort, units: FloatArray, anchor: FloatArray) -> None:
        self.panel, self.cohort, self.weights = panel, cohort, units
        self.donors: IntArray = np.flatnonzero(units)
        self.anchor = anchor

    def without(self, unit: int | None) -> tuple[float, int]:
        """Sum of the cohort's effects and number of its cells, without a unit."""
        donors, members = self.donors[self.donors != unit], self.cohort.units
        members = members[members != unit]
        kept = self.weights[donors]
        if not kept.sum() > 0:
            raise UnsupportedDesign(
                f"jackknife: all weight is on {self.panel.units[self.donors[0]]}, so that "
                f"without it nothing is left to compare with; use bootstrap"
            )
        path = kept / kept.sum() @ self.panel.outcome[donors]
        gaps = self.panel.outcome[members] - path
        level = gaps[:, : self.cohort.start][:, self.anchor > 0] @ self.anchor[self.anchor > 0]
        effects = gaps[:, self.cohort.start : self.cohort.stop] - level[:, None]
        seen = np.isfinite(effects)
        return float(effects[seen].sum()), int(seen.sum())
