"""Permutation rank: is the fit worse after treatment, relative to before, than for other units?

    r = RMSPE after / RMSPE before      p = (1 + #{placebos with r_j ≥ r}) / (1 + D)

RMSPE is the root mean square of the gap between outcome and counterfactual, averaged over treated
units by period first; after treatment over periods by treated cells, before it over all periods.
Placebos are those of the pool "same period": the pattern on other units. They lack what the treated
units lack, before treatment too, because a mean of few squares is more often small and a ratio to
it large. The interval turns the test round for an effect τ that is the same in all cells, taken off
the gaps after treatment:

    accepted  r(τ)² = ((τ̂ − τ)² + s²) / (MSPE before) ≤ c²      so  τ̂ ± √(c² · MSPE before − s²)

s² is the variance of the gaps over treated periods, c the largest placebo ratio not in the tail.
When s² is larger, every constant effect is rejected, and the row is a refusal that says so.

Source: Abadie, Diamond and Hainmueller (2010); interval: Firpo and Possebom (2018), constant
effects. Exact when any of the units might as well have been treated. Departures: the treated unit
is no donor of a placebo, its treated outcomes are never data; several treated units are moved
together.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from estimators.core.designs import pattern
from estimators.core.draws import chosen_by_label
from estimators.core.effect import effects_by_period
from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Estimator, Fit, Inference
from estimators.core.panel import FloatArray, Panel
from estimators.core.parallel import anywhere
from estimators.core.placements import Placement, across_units
from estimators.core.settings import with_settings
from estimators.variance.placebos import FEWEST, PROBLEMS, Placebos
from estimators.variance.ranks import rejecting_ranks, require_enough


@dataclass(frozen=True)
class PermutationRank:
    """The estimate's rank among placebos of other units, by the ratio of fit."""

    kind: ClassVar[str] = "permutation"

    def infer(self, effect: float, placebos: Placebos, level: float) -> Inference:
        """Raises UnsupportedDesign with too few placebos, or when every effect is rejected."""
        panel = placebos.panel
        if pattern(panel) == "on_off":
            raise UnsupportedDesign(
                f"{self.kind} compares fit before and after treatment starts; treatment here "
                f"switches on and off, so that there is no before; read given_period"
            )
        own = gaps_of(panel, placebos.fit)
        if not own.before > 0:
            raise UnsupportedDesign(
                f"{self.kind}: the fit before treatment is exact or not there, so that no ratio to "
                f"it can be formed; read given_period"
            )
        pool = across_units(panel, affordable(placebos), placebos.seed)
        placed = len(pool.placements)
        require_enough(placed + 1, level, self.kind, "placebos of never-treated units", beside=1)
        ratios = _ratios(placebos, pool.placements)
        number, where = len(ratios) + 1, pool.construction
        if number <= placed:
            what = "placebos of never-treated units that can be imputed"
            require_enough(number, level, self.kind, what, beside=1)
            where += f", {len(ratios)} of which can be imputed"
        rank = 1 + int(np.sum(ratios >= own.ratio_at(0.0)))
        # As many placebos as are rejected ranks lie in the tail: an effect is accepted as long as
        # its ratio is not beyond the smallest of them.
        limit = float(np.sort(ratios)[-rejecting_ranks(number, level)])
        room = limit * own.before - own.spread
        if not 0 <= room < np.inf:
            raise UnsupportedDesign(
                f"{self.kind}: {_why(room)} (p-value of no effect: {rank / number:.3g}); read the "
                f"effects by period, or another kind"
            )
        half = float(np.sqrt(room))
        return Inference(
            kind=self.kind,
            level=level,
            ci_low=own.mean - half,
            ci_high=own.mean + half,
            p_value=rank / number,
            placebos=len(ratios),
            construction=f"rank {rank} of {number} by fit after over before; {where}",
        )


@dataclass(frozen=True)
class Gaps:
    """The gaps of one fit, in the outcome's measure or its square.

    mean: of gaps after treatment began, by treated cells: the ATT      spread: their variance
    before: mean square of gaps before treatment
    """

    mean: float
    spread: float
    before: float

    def ratio_at(self, effect: float) -> float:
        """r² when this effect is taken off; ∞ after an exact fit."""
        after = (self.mean - effect) ** 2 + self.spread
        return after / self.before if self.before > 0 else np.inf


def gaps_of(panel: Panel, fit: Fit) -> Gaps:
    """Averages over treated units, by period."""
    rows = effects_by_period(panel, fit)
    cells = np.array([row.treated for row in rows])
    gaps = np.array([row.effect for row in rows])
    mean = float(np.average(gaps, weights=cells))
    spread = float(np.average((gaps - mean) ** 2, weights=cells))
    before = gaps[cells == 0]
    return Gaps(mean, spread, float(np.mean(before**2)) if len(before) else 0.0)


def affordable(placebos: Placebos) -> int:
    """Placements, when a fit that shows all periods takes more problems than one that does not."""
    panel = placebos.panel
    treated = int(panel.treatment.any(axis=0).sum())
    problems = placebos.tuned.problems(panel) * len(panel.periods) // treated
    return min(placebos.draws, max(FEWEST, PROBLEMS // problems))


def _ratios(placebos: Placebos, placements: tuple[Placement, ...]) -> FloatArray:
    """(D,) r² of every placement that can be imputed."""
    estimator: Estimator = with_settings(placebos.estimator, show_untreated=True)
    real = placebos.panel
    missing = ~real.observed[chosen_by_label(real.treated_units, real.units)]

    def ratio(placement: Placement) -> float:
        panel = replace(placement, unseen=missing).panel(real)
        try:
            return gaps_of(panel, estimator.fit(panel)).ratio_at(0.0)
        except UnsupportedDesign:
            return np.nan

    found = np.array(anywhere(ratio, placements))
    return found[~np.isnan(found)]


def _why(room: float) -> str:
    if room < 0:
        return "effects differ so much between periods that every constant effect is rejected"
    return "placebos fit exactly before treatment, so that no effect however large is rejected"
