"""Effects by period, with intervals from placebos of other units in the same period.

    interval  effect_t ± t_{df, (1+level)/2} · √(mean of e_t² over the pool "same period")

Periods before treatment have none: there the effect is the lack of fit.
"""

from dataclasses import replace

import numpy as np

from estimators.core.effect import effects_by_period
from estimators.core.fit import Fit, PeriodEffect
from estimators.core.panel import Panel
from estimators.variance.inference import critical_value
from estimators.variance.placebos import Effects, Placebos, available


def by_period(
    panel: Panel, fit: Fit, pools: Placebos | None, level: float
) -> tuple[PeriodEffect, ...]:
    """One row per modelled period; without intervals when no placebos are asked for or to be had.

    level: coverage of each interval by itself
    """
    rows = effects_by_period(panel, fit)
    same_period = available(pools, "same_period")
    if same_period is None:
        return rows
    position = {period: t for t, period in enumerate(panel.periods)}
    return tuple(_interval(row, same_period, position[row.period], level) for row in rows)


def _interval(row: PeriodEffect, effects: Effects, t: int, level: float) -> PeriodEffect:
    placebo = effects.by_period[:, t]
    placebo = placebo[np.isfinite(placebo)]
    if not row.treated or len(placebo) < 2:
        return row
    error = float(np.sqrt(np.mean(placebo**2)))
    half = critical_value(min(effects.df, len(placebo) - 1), level) * error
    return replace(row, standard_error=error, ci_low=row.effect - half, ci_high=row.effect + half)
