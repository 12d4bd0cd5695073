"""Placebo effects: one of each placement, and those of a pool together.

On/off placements hide truly treated cells and pretended ones, so they score fewer cells than the
estimate, and learn from fewer. Their effects are multiplied by √(v / v_d), v of the estimate and
v_d of the placement:

    v = 1/n + Σ_i s_i²/o_i + Σ_t s_t²/o_t

the variance of a double difference under independent noise of variance one, to first order: n
scored cells, s_i and s_t the shares of them in unit i and period t, o_i and o_t the usable cells
there. Single runs are placed whole, and their effects stay as they are.

This is this project's construction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from estimators.core.effect import cell_effects, scored_cells
from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Estimator, Fit
from estimators.core.panel import FloatArray, IntArray, Panel
from estimators.core.placements import Placement
from estimators.variance.independence import degrees

ROUNDING = 1e-13  # of the panel's largest outcome: an effect as small as that is none


@dataclass(frozen=True, eq=False)
class Effects:
    """Placebo effects of one pool.

    overall: (D,) placebo ATTs      by_period: (D, T) means by real period, nan where none
    scored: (D, T) cells behind each of those means
    groups, times: (D,) labels of who is treated and when; times index alike_times
    share, alike_times: squared correlations of two groups, on average, and of times (W, W)
    """

    overall: FloatArray
    by_period: FloatArray
    scored: IntArray
    groups: IntArray
    times: IntArray
    share: float
    alike_times: FloatArray
    construction: str

    @property
    def squares(self) -> FloatArray:
        """(D,) in the square of the outcome's measure."""
        return np.asarray(self.overall**2)

    @property
    def mean_square(self) -> float:
        """In the square of the outcome's measure."""
        return float(np.mean(self.squares))

    @cached_property
    def df(self) -> float:
        """Degrees of freedom of the mean square, if noise is even."""
        return degrees(self.groups, self.times, self.share, self.alike_times)


@dataclass(frozen=True, eq=False)
class PlaceboEffect:
    """The effect found at one placement.

    overall: placebo ATT      path: (T,) means by real period, nan where none
    scored: (T,) cells behind them, all 0 when the placement cannot be imputed; reason: why
    noise: v
    """

    overall: float
    path: FloatArray
    scored: IntArray
    noise: float = np.nan
    reason: str = ""


def effect_of(real: Panel, estimator: Estimator, placement: Placement) -> PlaceboEffect:
    """Of a tuned estimator, at this placement of the real panel."""
    (found,) = effects_of((real,), estimator, (placement,))
    return found


def effects_of(
    reals: Sequence[Panel], estimator: Estimator, placements: Sequence[Placement]
) -> tuple[PlaceboEffect, ...]:
    """Of several estimands at one placement, from one fit.

    reals, placements: one of each estimand, alike but for the treated outcomes they hide; the
        first hides none that another shows
    """
    panels = [placed.panel(real) for real, placed in zip(reals, placements, strict=True)]
    nothing = PlaceboEffect(
        np.nan,
        np.full(len(reals[0].periods), np.nan),
        np.zeros(len(reals[0].periods), dtype=np.intp),
    )
    if not (panels[0].treatment & panels[0].observed).any():
        return (nothing,) * len(panels)
    try:
        fit = estimator.fit(panels[0])
    except UnsupportedDesign as refusal:
        return (replace(nothing, reason=str(refusal)),) * len(panels)
    columns = placements[0].periods
    return tuple(_scored(panel, fit, columns, nothing) for panel in panels)


def _scored(panel: Panel, fit: Fit, columns: IntArray, nothing: PlaceboEffect) -> PlaceboEffect:
    """The effect of one estimand, whose panel has these columns of the real one."""
    try:
        effects = cell_effects(panel, fit)
    except UnsupportedDesign as refusal:
        return replace(nothing, reason=str(refusal))
    effects[np.abs(effects) <= ROUNDING * np.nanmax(np.abs(panel.outcome))] = 0
    column = np.nonzero(scored_cells(panel, fit))[1]
    count = np.bincount(column, minlength=len(columns))
    some = count > 0
    path, cells = nothing.path.copy(), nothing.scored.copy()
    # Positions from the end of the treatment's shift do not matter: by_period is only read
    # for pools whose periods are the real ones.
    total = np.bincount(column, effects, len(count))
    path[columns[some]] = total[some] / count[some]
    cells[columns] = count
    return PlaceboEffect(float(effects.mean()), path, cells, noise_share(panel))


def noise_share(panel: Panel) -> float:
    """v of the panel's treatment."""
    scored = panel.treatment & panel.observed
    found = 1 / float(scored.sum())
    for axis in (0, 1):
        shares, usable = scored.sum(axis=axis) / scored.sum(), panel.usable.sum(axis=axis)
        asked = (shares > 0) & (usable > 0)
        found += float((shares[asked] ** 2 / usable[asked]).sum())
    return found
