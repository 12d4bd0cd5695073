"""Effects by period and their running sum, with intervals and bands from the same placebo paths.

A placebo of the pool U (other units, the treatment's own periods) has a path: its effect in every
treated period. By period these are what the intervals come from; added up they are placebos of the
cumulative effect, so whatever correlation over time the noise has is kept:

    C_τ = Σ_{t ≤ τ} n_t e_t        p_dτ = N_τ · (Σ_{t ≤ τ} m_dt p_dt) / (Σ_{t ≤ τ} m_dt)

n_t cells are averaged in period t, m_dt for the placebo, and N_τ = Σ_{t ≤ τ} n_t. Where a placebo
is scored on as many cells (m_dt = n_t, every single run without gaps), p_dτ is the sum of its own
effects; where it is scored on fewer, as for treatments that come and go, its average stands for
the cells it lacks, which is noisier: conservative. In the last period C is n times the att and p
is n times the placebo att, so the cumulative interval ends in that of given_period.

Periods in which no treated cell is averaged add nothing and have no row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from estimators.core.effect import effects_by_period, scored_cells
from estimators.core.errors import NotConverged, UnsupportedDesign
from estimators.core.fit import Fit, PeriodEffect, Refusal
from estimators.core.impact import Band, CumulativeEffect
from estimators.core.panel import FloatArray, IntArray, Panel
from estimators.variance.bands import Intervals, band, intervals
from estimators.variance.effects import Effects
from estimators.variance.placebos import Placebos

BANDS = ("by_period", "cumulative")
Row = TypeVar("Row", PeriodEffect, CumulativeEffect)


@dataclass(frozen=True)
class OverTime:
    """Rows by period, running sums, and the band of each by the name of its rows.

    bands: empty when no inference was asked for
    """

    by_period: tuple[PeriodEffect, ...]
    cumulative: tuple[CumulativeEffect, ...]
    bands: Mapping[str, Band | Refusal] = field(default_factory=dict)


def effects_over_time(panel: Panel, fit: Fit, pools: Placebos | None, level: float) -> OverTime:
    """Effects by period and added up.

    pools: None when no inference is asked for      level: of each interval, and of each band
    """
    rows, sums = effects_by_period(panel, fit), cumulative_effects(panel, fit)
    if pools is None:
        return OverTime(rows, sums)
    try:
        pool = pools.same_period
    except (UnsupportedDesign, NotConverged) as refusal:
        bands = {name: Refusal(name, str(refusal)) for name in BANDS}
        return OverTime(rows, sums, bands)
    treated = [row for row in rows if row.treated]
    position = {period: t for t, period in enumerate(panel.periods)}
    columns = np.array([position[row.period] for row in treated])
    paths = pool.by_period[:, columns]
    count = np.array([row.treated for row in treated])
    running = _running(paths, pool.scored[:, columns], count)
    means = np.array([row.effect for row in treated])
    totals = np.array([row.effect for row in sums])
    alone, together = (intervals(placebo, pool.df, level) for placebo in (paths, running))
    each = _band("by_period", means, paths, pool, level)
    summed = _band("cumulative", totals, running, pool, level)
    filled = iter(_beside(treated, alone, each))
    return OverTime(
        tuple(next(filled) if row.treated else row for row in rows),
        tuple(_beside(sums, together, summed)),
        dict(zip(BANDS, (each, summed), strict=True)),
    )


def cumulative_effects(panel: Panel, fit: Fit) -> tuple[CumulativeEffect, ...]:
    """Running sums over the treated cells that are averaged; the last is n times the att."""
    scored = scored_cells(panel, fit)
    gaps = np.where(scored, panel.outcome - fit.counterfactual, 0.0)
    cells, asked = scored.sum(axis=0), panel.treatment.sum(axis=0)
    running = gaps.sum(axis=0).cumsum()
    so_far, missing = cells.cumsum(), (asked - cells).cumsum()
    return tuple(
        CumulativeEffect(panel.periods[t], int(so_far[t]), int(missing[t]), float(running[t]))
        for t in np.flatnonzero(cells)
    )


def _running(paths: FloatArray, scored: IntArray, count: IntArray) -> FloatArray:
    """(D, K) cumulative placebo effects, for as many cells as the real ones have; nan before any.

    paths, scored: (D, K) mean effect of each placebo and its cells      count: (K,) real cells
    """
    sums = np.where(scored > 0, paths * scored, 0.0).cumsum(axis=1)
    cells = scored.cumsum(axis=1)
    means = np.divide(sums, cells, out=np.full(sums.shape, np.nan), where=cells > 0)
    return means * count.cumsum()


def _band(
    name: str, effects: FloatArray, paths: FloatArray, pool: Effects, level: float
) -> Band | Refusal:
    try:
        return band(effects, paths, pool.df, level, pool.construction)
    except UnsupportedDesign as refusal:
        return Refusal(name, str(refusal))


def _beside(rows: Iterable[Row], found: Intervals, together: Band | Refusal) -> list[Row]:
    """The rows, each with its own interval where there is one, and the band's where there is."""
    return [
        _filled(row, float(error), float(half), together) if np.isfinite(half) else row
        for row, error, half in zip(rows, found.standard_error, found.half, strict=True)
    ]


def _filled(row: Row, error: float, half: float, together: Band | Refusal) -> Row:
    wide = together.critical_value * error if isinstance(together, Band) else None
    return replace(
        row,
        standard_error=error,
        ci_low=row.effect - half,
        ci_high=row.effect + half,
        band_low=None if wide is None else row.effect - wide,
        band_high=None if wide is None else row.effect + wide,
    )
