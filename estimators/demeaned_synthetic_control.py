"""Demeaned synthetic control (DIFP): synthetic control with an intercept.

    minimise Σ_{t before} (μ + Σ_j ω_j Y_jt − Ȳ_t)² + ζ² T₀ ‖ω‖²   over μ free, ω ≥ 0, Σ ω = 1
    Ŷ_it(0) = Σ_j ω_j Y_jt + mean_{t before} (Y_it − Σ_j ω_j Y_jt)

Paths are matched up to a constant, so donors need not live at the treated units' level. Three
estimators carry this name; `regularize` says which:

    none          no ridge, ζ = 0: Ferman and Pinto (2021), and DIFP in Arkhangelsky et al. (2021)
    sdid          ζ of SDID, with equal period weights: "DIFP reg" of that paper's appendix
    elastic_net   no simplex, ω of any sign and sum, an elastic net: Doudchenko and Imbens (2016),
                  who proposed the intercept; see weighting/penalties.py

Fields change who is compared with whom: weighting/options.py says how. Departure from those tables'
code: the exact optimum, no early stopping.
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, Self

import numpy as np

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
from estimators.weighting.penalties import chosen, elastic_net_weights
from estimators.weighting.shrinkage import Ridge, measured, require_ridge_asked_for
from estimators.weighting.targets import programs


@dataclass(frozen=True)
class DemeanedSyntheticControl:
    """Weights on donors and an intercept.

    regularize: none, sdid or elastic_net, as above
    zeta: ridge of sdid for each cohort in order of start, in the outcome's measure; tune() sets it
    penalty, l1_share: λ and α of elastic_net, λ in the square of the outcome's measure; tune()
        sets both
    folds, seed: donors predicted in turn to choose them, at most, and the draw when there are more
    donors: never_treated, or not_yet_treated for those treated later, while they are untreated
    gaps: refuse missing outcomes, or drop the donors and periods before treatment that have some
    weights: average_of_treated, or per_unit for weights of each treated unit's own
    on_off: refuse treatment that switches, or per_cell, an extension without published definition
    covariates: ignore, projected (taken out by a two-way regression first) or joint (chosen
        together with the weights, for which the elastic net has no definition)

    Raises ValueError for any other choice.
    """

    name: ClassVar[str] = "difp"
    regularize: Literal["none", "sdid", "elastic_net"] = "none"
    zeta: tuple[float, ...] | None = None
    penalty: float | None = None
    l1_share: float | None = None
    folds: int = 40
    seed: int = 0
    donors: Donors = "never_treated"
    gaps: Gaps = "refuse"
    weights: WeightsOf = "average_of_treated"
    on_off: OnOff = "refuse"
    covariates: Covariates = "ignore"
    tuning: Tuning | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        require_choices(self)
        require_ridge_asked_for(self.name, self.regularize, self.zeta)
        given = (self.penalty is not None) + (self.l1_share is not None)
        if given and self.regularize != "elastic_net":
            raise ValueError(f"{self.name}: penalty and l1_share belong to regularize: elastic_net")
        if given == 1:
            raise ValueError(f"{self.name}: penalty and l1_share are given together or not at all")
        if self.regularize == "elastic_net" and self.covariates == "joint":
            raise ValueError(
                f"{self.name}: the elastic net is not defined with covariates: joint; use projected"
            )

    def tune(self, panel: Panel) -> Self:
        """With ridge or penalty chosen, where one is asked for and not given."""
        if self.regularize == "sdid" and self.zeta is None:
            return replace(self, zeta=measured(panel, find_targets(panel, self), self))
        if self.regularize == "elastic_net" and self.penalty is None:
            targets = find_targets(panel, self)
            penalty, share, tuning = chosen(panel, targets, self, self.folds, self.seed)
            return replace(self, penalty=penalty, l1_share=share, tuning=tuning)
        return self

    def for_placebos(self, panel: Panel) -> Self:
        """Itself."""
        return self

    def problems(self, panel: Panel) -> int:
        """One small program for each set of weights."""
        return programs(panel, self)

    def fit(self, panel: Panel) -> Fit:
        """(N, T), finite for treated units. Raises UnsupportedDesign for on/off treatment."""
        tuned = self.tune(panel)
        penalty, share = tuned.penalty, tuned.l1_share
        if penalty is None or share is None:
            return fit_by_target(panel, tuned, _weigh, tuned.zeta)

        def weigh(data: Collapsed, _: Ridge) -> Weighted:
            return elastic_net_weights(data, penalty, share)

        return fit_by_target(panel, tuned, weigh)

    def fit_under_null(self, panel: Panel) -> FloatArray:
        """(N, T) weights matched on all periods, levels kept over all.

        Raises UnsupportedDesign for cohorts.
        """
        return to_all_periods(panel, self)


def _weigh(data: Collapsed, ridge: Ridge) -> Weighted:
    before = data.before.T
    weights, steps, gap = simplex_least_squares(
        before - before.mean(axis=0),
        data.path - data.path.mean(),
        ridge=ridge.units * len(data.path),
    )
    return Weighted(weights, np.full(len(data.path), 1 / len(data.path)), None, steps, gap)
