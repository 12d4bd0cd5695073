"""Demeaned synthetic control (DIFP): synthetic control with an intercept.

    minimise Σ_{t before} (μ + Σ_j ω_j Y_jt − Ȳ_t)²   over μ free, ω ≥ 0, Σ ω = 1
    Ŷ_it(0) = Σ_j ω_j Y_jt + mean_{t before} (Y_it − Σ_j ω_j Y_jt)

Paths are matched up to a constant, so donors need not live at the treated units' level.

Source: Doudchenko and Imbens (2016) proposed the intercept; this is the simplex version without
ridge of Ferman and Pinto (2021) and of the tables in Arkhangelsky et al. (2021), where it is
called DIFP. Departure from those tables' code: the exact optimum, no early stopping.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from estimators.core.cohorts import CohortFit, fit_by_cohort
from estimators.core.designs import Cohort
from estimators.core.fit import Fit, Tuning
from estimators.core.panel import FloatArray, Panel
from estimators.solvers.simplex import simplex_least_squares


@dataclass(frozen=True)
class DemeanedSyntheticControl:
    """Simplex weights on donors and an intercept; nothing to tune."""

    name: ClassVar[str] = "difp"
    tuning: ClassVar[Tuning | None] = None

    def tune(self, panel: Panel) -> Self:
        """Itself: there is no setting."""
        return self

    def for_placebos(self, panel: Panel) -> Self:
        """Itself."""
        return self

    def problems(self, panel: Panel) -> int:
        """One small program."""
        return 1

    def fit(self, panel: Panel) -> Fit:
        """(N, T), finite for treated units. Raises UnsupportedDesign for on/off treatment."""
        return fit_by_cohort(panel, self.name, _fit)


def _fit(donors: FloatArray, treated: FloatArray, cohort: Cohort) -> CohortFit:
    start = cohort.start
    before, target = donors[:, :start].T, treated[:, :start].mean(axis=0)
    weights, steps, gap = simplex_least_squares(
        before - before.mean(axis=0), target - target.mean()
    )
    path = weights @ donors
    distance = (treated - path)[:, :start].mean(axis=1, keepdims=True)
    return CohortFit(path + distance, weights, None, steps, gap)
