"""Synthetic control (SC): the donors' weighted path that was closest before treatment.

    minimise Σ_{t before} (Σ_j ω_j Y_jt − Ȳ_t)² + ζ² T₀ ‖ω‖²   over ω ≥ 0, Σ ω = 1
    Ŷ_it(0) = Σ_j ω_j Y_jt

Ȳ is the average path of the treated units; donors are the never-treated units; ζ = 0 unless it is
asked for. With several runs of treatment each cohort (same run) has its own weights. Fields change
who is compared with whom: weighting/options.py says how.

Source: Abadie, Diamond and Hainmueller (2010), outcomes only and without predictors, as in the
comparisons of Arkhangelsky et al. (2021); the ridge is the "SC reg" of that paper's appendix.
Departure from the reference package's code: the exact optimum instead of an early-stopped
Frank–Wolfe, and no vanishing ridge.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

from estimators.core.fit import Fit, Tuning
from estimators.core.panel import FloatArray, Panel
from estimators.solvers.simplex import simplex_least_squares
from estimators.weighting.collapsed import Collapsed, Weighted
from estimators.weighting.fits import find_targets, fit_by_target, to_all_periods
from estimators.weighting.options import (
    Covariates,
    Donors,
    Gaps,
    OnOff,
    WeightsOf,
    require_choices,
)
from estimators.weighting.shrinkage import Ridge, measured, require_ridge_asked_for
from estimators.weighting.targets import programs


@dataclass(frozen=True)
class SyntheticControl:
    """Simplex weights on donors, no intercept.

    regularize: none, or sdid for the ridge of SDID (prefers many small weights to few large ones)
    zeta: that ridge for each cohort in order of start, in the outcome's measure; tune() sets it
    donors: never_treated, or not_yet_treated for those treated later, while they are untreated
    gaps: refuse missing outcomes, or drop the donors and periods before treatment that have some
    weights: average_of_treated, or per_unit for weights of each treated unit's own
    on_off: refuse treatment that switches, or per_cell, an extension without published definition
    covariates: ignore, projected (taken out by a two-way regression first) or joint (chosen
        together with the weights)

    Raises ValueError for any other choice.
    """

    name: ClassVar[str] = "sc"
    tuning: ClassVar[Tuning | None] = None
    regularize: Literal["none", "sdid"] = "none"
    zeta: tuple[float, ...] | None = None
    donors: Donors = "never_treated"
    gaps: Gaps = "refuse"
    weights: WeightsOf = "average_of_treated"
    on_off: OnOff = "refuse"
    covariates: Covariates = "ignore"

    def __post_init__(self) -> None:
        require_choices(self)
        require_ridge_asked_for(self.name, self.regularize, self.zeta)

    def tune(self, panel: Panel) -> Self:
        """With the ridge measured, where one is asked for."""
        if self.regularize == "none" or self.zeta is not None:
            return self
        return replace(self, zeta=measured(panel, find_targets(panel, self), self))

    def for_placebos(self, panel: Panel) -> Self:
        """Itself."""
        return self

    def problems(self, panel: Panel) -> int:
        """One small program for each set of weights."""
        return programs(panel, self)

    def fit(self, panel: Panel) -> Fit:
        """(N, T), finite for treated units. Raises UnsupportedDesign for on/off treatment."""
        tuned = self.tune(panel)
        return fit_by_target(panel, tuned, _weigh, tuned.zeta)

    def fit_under_null(self, panel: Panel) -> FloatArray:
        """(N, T) weights matched on all periods. Raises UnsupportedDesign for cohorts."""
        return to_all_periods(panel, self)


def _weigh(data: Collapsed, ridge: Ridge) -> Weighted:
    weights, steps, gap = simplex_least_squares(
        data.before.T, data.path, ridge=ridge.units * len(data.path)
    )
    return Weighted(weights, None, None, steps, gap)
