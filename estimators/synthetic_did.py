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

Solver two_pass is the authors' early-stopped one, for parity with published digits. It stops by
σ̂, read off ζ, and puts (10⁻⁶ σ̂)² on λ as they do; what it leaves is reported as optimality.

Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Algorithm 1 and equations 4–6;
σ̂ as in the authors' code (n − 1). Departures from that code, unless asked for by solver: exact
optima instead of an early-stopped Frank–Wolfe with a sparsifying second pass, no vanishing ridge
on λ.
"""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar, Literal, Self

from estimators.core.fit import Fit, Tuning
from estimators.core.panel import FloatArray, Panel
from estimators.solvers.frank_wolfe import two_pass_weights
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
from estimators.weighting.shrinkage import Ridge, measured
from estimators.weighting.targets import programs

Solver = Literal["exact", "two_pass"]
DECREASE = 1e-5  # of σ̂: the authors' stopping rule
RIDGE = 1e-6  # of σ̂: the authors' ζ of λ


@dataclass(frozen=True)
class SyntheticDifferenceInDifferences:
    """Weights on donors, shrunk towards equal, and weights on periods.

    zeta: ζ above for each cohort in order of start, in the outcome's measure; tune() sets it
    donors: never_treated, or not_yet_treated for those treated later, while they are untreated
    gaps: refuse missing outcomes, or drop the donors and periods before treatment that have some
    weights: average_of_treated, or per_unit for weights of each treated unit's own
    on_off: refuse treatment that switches, or per_cell, an extension without published definition
    covariates: ignore, projected (taken out by a two-way regression first) or joint (chosen
        together with the weights, by the exact solver only)
    solver: exact, or two_pass for the digits of the authors' code
    start: weights of the periods before treatment where refits begin; no setting

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
    solver: Solver = "exact"
    start: FloatArray | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        require_choices(self)
        if self.solver == "two_pass" and self.covariates == "joint":
            raise ValueError(
                f"{self.name}: covariates chosen jointly need exact weights; solver two_pass goes "
                f"with ignore or projected"
            )

    def tune(self, panel: Panel) -> Self:
        """ζ from the noise of the donors before treatment, unless it is given.

        Raises UnsupportedDesign with fewer than two periods before treatment.
        """
        if self.zeta is not None:
            return self
        return replace(self, zeta=measured(panel, find_targets(panel, self), self))

    def for_placebos(self, panel: Panel) -> Self:
        """λ found here is where placebos begin: they differ in a few donors of many.

        Raises UnsupportedDesign or NotConverged when the panel cannot be answered.
        """
        if self.solver == "two_pass" or self.on_off == "per_cell":
            return self
        found = self.fit(panel).weights[0].periods
        return self if found is None else replace(self, start=found[panel.pre_periods])

    def problems(self, panel: Panel) -> int:
        """Two small programs for each set of weights, counted as one."""
        return programs(panel, self)

    def fit(self, panel: Panel) -> Fit:
        """(N, T), finite for treated units. Raises UnsupportedDesign for on/off treatment."""
        tuned = self.tune(panel)
        weigh = partial(_exactly, start=self.start) if self.solver == "exact" else _in_two_passes
        return fit_by_target(panel, tuned, weigh, tuned.zeta)

    def fit_under_null(self, panel: Panel) -> FloatArray:
        """(N, T) unit weights matched on all periods, which count alike.

        Raises UnsupportedDesign for cohorts.
        """
        return to_all_periods(panel, self)


def _exactly(data: Collapsed, ridge: Ridge, start: FloatArray | None) -> Weighted:
    donors, matched = data.before.shape
    # With fewer donors than periods λ may not be unique, and which one is found must not depend
    # on where the search began.
    if start is not None and not len(start) == matched < donors:
        start = None
    return _weighted(
        simplex_least_squares(*_by_period(data), ridge=ridge.units * matched),
        simplex_least_squares(*_by_unit(data), ridge=ridge.periods * donors, start=start),
    )


def _in_two_passes(data: Collapsed, ridge: Ridge) -> Weighted:
    donors, matched = data.before.shape
    decrease = DECREASE * ridge.noise
    least = max((RIDGE * ridge.noise) ** 2, ridge.periods)
    return _weighted(
        two_pass_weights(*_by_period(data), ridge=ridge.units * matched, decrease=decrease),
        two_pass_weights(*_by_unit(data), ridge=least * donors, decrease=decrease),
    )


def _by_period(data: Collapsed) -> tuple[FloatArray, FloatArray]:
    """(B, D) and (B,) each donor and the treated around their means over periods."""
    donors = data.before.T
    return donors - donors.mean(axis=0), data.path - data.path.mean()


def _by_unit(data: Collapsed) -> tuple[FloatArray, FloatArray]:
    """(D, B) and (D,) each period before and the mean of those after around their donors' means."""
    return data.before - data.before.mean(axis=0), data.after - data.after.mean()


def _weighted(
    units: tuple[FloatArray, int, float], periods: tuple[FloatArray, int, float]
) -> Weighted:
    return Weighted(
        units[0], periods[0], periods[0], units[1] + periods[1], max(units[2], periods[2])
    )
