"""One fit per cohort, pasted into one counterfactual: what SC, DIFP and SDID share."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from estimators.core.designs import (
    Cohort,
    cohorts,
    require_donors,
    require_pre_periods,
    require_single_runs,
)
from estimators.core.fit import Fit, Weights
from estimators.core.panel import FloatArray, IntArray, Panel
from estimators.core.threads import one_thread


@dataclass(frozen=True, eq=False)
class CohortFit:
    """One cohort's answer.

    counterfactual: (cohort units, T)      unit_weights: (donors,)      period_weights: (start,)
    """

    counterfactual: FloatArray
    unit_weights: FloatArray
    period_weights: FloatArray | None
    steps: int
    optimality: float


FitCohort = Callable[[FloatArray, FloatArray, Cohort], CohortFit]


def fit_by_cohort(panel: Panel, method: str, fit: FitCohort) -> Fit:
    """Fit each run of treatment against the never-treated units.

    fit: outcomes of donors (D, T) and of the cohort (n, T), the cohort -> CohortFit. It sees the
    cohort's outcomes before treatment only: later ones are hidden as nan.

    Raises UnsupportedDesign for on/off treatment, without donors, or where data are missing.
    """
    require_single_runs(panel, method)
    require_donors(panel, method)
    with one_thread():
        return _fit_by_cohort(panel, method, fit)


def _fit_by_cohort(panel: Panel, method: str, fit: FitCohort) -> Fit:
    donors = np.flatnonzero(panel.control_units)
    counterfactual = np.full(panel.outcome.shape, np.nan)
    weights, steps, optimality = [], 0, 0.0
    for cohort in cohorts(panel):
        require_pre_periods(panel, cohort, method)
        treated = panel.outcome[cohort.units].copy()
        treated[:, cohort.start :] = np.nan
        # Around a common level large offsets lose no digits; weights sum to one, so it cancels.
        level = float(treated[:, : cohort.start].mean())
        found = fit(panel.outcome[donors] - level, treated - level, cohort)
        counterfactual[cohort.units] = found.counterfactual + level
        weights.append(_weights(panel, donors, cohort.start, found))
        steps += found.steps
        optimality = max(optimality, found.optimality)
    return Fit(counterfactual, tuple(weights), steps, optimality)


def _weights(panel: Panel, donors: IntArray, start: int, found: CohortFit) -> Weights:
    units = np.zeros(len(panel.units))
    units[donors] = found.unit_weights
    periods = None
    if found.period_weights is not None:
        periods = np.zeros(len(panel.periods))
        periods[:start] = found.period_weights
    return Weights(f"treated from {panel.periods[start]}", units, periods)
