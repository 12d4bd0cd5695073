"""Synthetic difference in differences (SDID): weighted donors and weighted periods.

    ω: minimise Σ_{t before} (ω₀ + Σ_j ω_j Y_jt − Ȳ_t)² + ζ² T₀ ‖ω‖²      over the simplex, ω₀ free
    λ: minimise Σ_{j donor} (λ₀ + Σ_{t before} λ_t Y_jt − Ȳ_j,treated periods)²   likewise, no ridge
    Ŷ_it(0) = Σ_j ω_j Y_jt + Σ_s λ_s (Y_is − Σ_j ω_j Y_js)

    ζ = (treated cells)^¼ σ̂,   σ̂ = sd (n − 1) of first differences of donors before treatment

ζ is chosen once, by tune(), and kept when placebos are refitted. Because σ̂ is taken around the
overall mean of the differences, a shock common to all units moves ζ, and with it the estimate.
With several runs of treatment each cohort has its own ω, λ and ζ; the ATT weights cohorts by
treated cells. Fields change who is compared with whom: weighting/options.py says how. With
weights per_unit each unit has its own ω, and ζ counts one treated unit (N₁ = 1); the ATT is the
mean over treated cells as ever.

Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Algorithm 1 and equations 4–6;
σ̂ as in the authors' code (n − 1). Departures from that code: exact optima instead of an
early-stopped Frank–Wolfe with a sparsifying second pass, no vanishing ridge on λ.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from estimators.core.fit import Fit, Tuning
from estimators.core.panel import Panel
from estimators.solvers.simplex import simplex_least_squares
from estimators.weighting.collapsed import Collapsed, Weighted
from estimators.weighting.fits import find_targets, fit_by_target
from estimators.weighting.options import (
    Covariates,
    Donors,
    Gaps,
    OnOff,
    WeightsOf,
    require_choices,
)
from estimators.weighting.shrinkage import Ridge, measured
from estimators.weighting.targets import programs


@dataclass(frozen=True)
class SyntheticDifferenceInDifferences:
    """Weights on donors, shrunk towards equal, and weights on periods.

    zeta: ζ above for each cohort in order of start, in the outcome's measure; tune() sets it
    donors: never_treated, or not_yet_treated for those treated later, while they are untreated
    gaps: refuse missing outcomes, or drop the donors and periods before treatment that have some
    weights: average_of_treated, or per_unit for weights of each treated unit's own
    on_off: refuse treatment that switches, or per_cell, an extension without published definition
    covariates: ignore, projected (taken out by a two-way regression first) or joint (chosen
        together with the weights)

    Raises ValueError for any other choice.
    """

    name: ClassVar[str] = "sdid"
    tuning: ClassVar[Tuning | None] = None
    zeta: tuple[float, ...] | None = None
    donors: Donors = "never_treated"
    gaps: Gaps = "refuse"
    weights: WeightsOf = "average_of_treated"
    on_off: OnOff = "refuse"
    covariates: Covariates = "ignore"

    def __post_init__(self) -> None:
        require_choices(self)

    def tune(self, panel: Panel) -> Self:
        """ζ from the noise of the donors before treatment, unless it is given.

        Raises UnsupportedDesign with fewer than two periods before treatment.
        """
        if self.zeta is not None:
            return self
        return replace(self, zeta=measured(panel, find_targets(panel, self), self))

    def for_placebos(self, panel: Panel) -> Self:
        """Itself."""
        return self

    def problems(self, panel: Panel) -> int:
        """Two small programs for each set of weights, counted as one."""
        return programs(panel, self)

    def fit(self, panel: Panel) -> Fit:
        """(N, T), finite for treated units. Raises UnsupportedDesign for on/off treatment."""
        tuned = self.tune(panel)
        return fit_by_target(panel, tuned, _weigh, tuned.zeta)


def _weigh(data: Collapsed, ridge: Ridge) -> Weighted:
    by_period = data.before.T
    units, unit_steps, unit_gap = simplex_least_squares(
        by_period - by_period.mean(axis=0),
        data.path - data.path.mean(),
        ridge=ridge.units * len(data.path),
    )
    by_unit = data.before
    periods, period_steps, period_gap = simplex_least_squares(
        by_unit - by_unit.mean(axis=0),
        data.after - data.after.mean(),
        ridge=ridge.periods * len(data.after),
    )
    return Weighted(
        units, periods, periods, unit_steps + period_steps, max(unit_gap, period_gap)
    )  # fmt: skip
