"""Synthetic control (SC): the donors' weighted path that was closest before treatment.

    minimise Σ_{t before} (Σ_j ω_j Y_jt − Ȳ_t)²   over ω ≥ 0, Σ ω = 1        Ŷ_it(0) = Σ_j ω_j Y_jt

Ȳ is the average path of the treated units; donors are the never-treated units. With several runs
of treatment each cohort (same run) has its own weights.

Source: Abadie, Diamond and Hainmueller (2010), outcomes only and without predictors, as in the
comparisons of Arkhangelsky et al. (2021). Departure from the reference package's code: the
exact optimum instead of an early-stopped Frank–Wolfe, and no vanishing ridge.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from estimators.core.cohorts import CohortFit, fit_by_cohort
from estimators.core.designs import Cohort
from estimators.core.fit import Fit, Tuning
from estimators.core.panel import FloatArray, Panel
from estimators.solvers.simplex import simplex_least_squares


@dataclass(frozen=True)
class SyntheticControl:
    """Simplex weights on donors, no intercept, no shrinkage; nothing to tune."""

    name: ClassVar[str] = "sc"
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
    weights, steps, gap = simplex_least_squares(
        donors[:, : cohort.start].T, treated[:, : cohort.start].mean(axis=0)
    )
    path = weights @ donors
    return CohortFit(np.tile(path, (len(treated), 1)), weights, None, steps, gap)
