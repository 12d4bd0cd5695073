"""Synthetic difference in differences (SDID): weighted donors and weighted periods.

    ω: minimise Σ_{t before} (ω₀ + Σ_j ω_j Y_jt − Ȳ_t)² + ζ² T₀ ‖ω‖²      over the simplex, ω₀ free
    λ: minimise Σ_{j donor} (λ₀ + Σ_{t before} λ_t Y_jt − Ȳ_j,treated periods)²   likewise, no ridge
    Ŷ_it(0) = Σ_j ω_j Y_jt + Σ_s λ_s (Y_is − Σ_j ω_j Y_js)

    ζ = (treated cells)^¼ σ̂,   σ̂ = sd (n − 1) of first differences of donors before treatment

ζ is chosen once, by tune(), and kept when placebos are refitted. Because σ̂ is taken around the
overall mean of the differences, a shock common to all units moves ζ, and with it the estimate.
With several runs of treatment each cohort has its own ω, λ and ζ; the ATT weights cohorts by
treated cells.

Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Algorithm 1 and equations 4–6;
σ̂ as in the authors' code (n − 1). Departures from that code: exact optima instead of an
early-stopped Frank–Wolfe with a sparsifying second pass, no vanishing ridge on λ.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from estimators.core.cohorts import CohortFit, fit_by_cohort
from estimators.core.designs import (
    Cohort,
    cohorts,
    require_donors,
    require_pre_periods,
    require_single_runs,
)
from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Fit, Tuning
from estimators.core.panel import FloatArray, Panel
from estimators.solvers.simplex import simplex_least_squares


@dataclass(frozen=True)
class SyntheticDifferenceInDifferences:
    """Weights on donors, shrunk towards equal, and weights on periods.

    zeta: ζ above for each cohort in order of start, in the outcome's measure; tune() sets it
    """

    name: ClassVar[str] = "sdid"
    tuning: ClassVar[Tuning | None] = None
    zeta: tuple[float, ...] | None = None

    def tune(self, panel: Panel) -> Self:
        """ζ from the noise of the donors before treatment, unless it is given.

        Raises UnsupportedDesign with fewer than two periods before treatment.
        """
        require_single_runs(panel, self.name)
        require_donors(panel, self.name)
        if self.zeta is not None:
            return self
        found = cohorts(panel)
        for cohort in found:
            require_pre_periods(panel, cohort, self.name)
        return replace(self, zeta=tuple(_zeta(panel, cohort) for cohort in found))

    def for_placebos(self, panel: Panel) -> Self:
        """Itself."""
        return self

    def problems(self, panel: Panel) -> int:
        """Two small programs, counted as one."""
        return 1

    def fit(self, panel: Panel) -> Fit:
        """(N, T), finite for treated units. Raises UnsupportedDesign for on/off treatment."""
        if self.zeta is None:
            return self.tune(panel).fit(panel)
        zetas = self._by_cohort(panel)

        def fit(donors: FloatArray, treated: FloatArray, cohort: Cohort) -> CohortFit:
            return _fit(donors, treated, cohort, zetas[cohort.start, cohort.stop])

        return fit_by_cohort(panel, self.name, fit)

    def _by_cohort(self, panel: Panel) -> dict[tuple[int, int], float]:
        """ζ of each cohort; a placebo pattern with other cohorts gets the average."""
        require_single_runs(panel, self.name)
        zeta = self.zeta or ()
        found = cohorts(panel)
        values = zeta if len(zeta) == len(found) else (float(np.mean(zeta)),) * len(found)
        return {(c.start, c.stop): value for c, value in zip(found, values, strict=True)}


def _zeta(panel: Panel, cohort: Cohort) -> float:
    if cohort.start < 2:
        raise UnsupportedDesign(
            f"sdid needs two periods before treatment to measure noise; treatment starts in "
            f"{panel.periods[cohort.start]}, after {cohort.start}"
        )
    before = panel.outcome[panel.control_units, : cohort.start]
    steps = np.diff(before, axis=1)
    noise = float(steps.std(ddof=1)) if steps.size > 1 else 0.0
    cells = len(cohort.units) * (cohort.stop - cohort.start)
    return float(cells**0.25 * noise)


def _fit(donors: FloatArray, treated: FloatArray, cohort: Cohort, zeta: float) -> CohortFit:
    start = cohort.start
    by_period, target = donors[:, :start].T, treated[:, :start].mean(axis=0)
    unit_weights, unit_steps, unit_gap = simplex_least_squares(
        by_period - by_period.mean(axis=0), target - target.mean(), ridge=zeta**2 * start
    )
    by_unit, after = donors[:, :start], donors[:, start : cohort.stop].mean(axis=1)
    period_weights, period_steps, period_gap = simplex_least_squares(
        by_unit - by_unit.mean(axis=0), after - after.mean()
    )
    path = unit_weights @ donors
    distance = (treated - path)[:, :start] @ period_weights
    return CohortFit(
        path + distance[:, None],
        unit_weights,
        period_weights,
        unit_steps + period_steps,
        max(unit_gap, period_gap),
    )
