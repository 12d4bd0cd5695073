"""Placebo effects of a tuned estimator, pool by pool, each computed once and shared.

A pool answers one question about the ATT's squared error, from effects found where nothing was
done (see core/placements.py for where that is):

    same_period   other units, the treatment's own periods          U = mean e²
    elsewhere     other units, other times                          M = mean e²
    same_unit     the treated units' own past (on/off: rotated)     P = mean e²
    controls_past other units in the windows of same_unit           M' = mean e²

Squares are not taken around the mean: a placebo bias is an error like any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from estimators.core.designs import pattern
from estimators.core.effect import cell_effects, scored_cells
from estimators.core.errors import NotConverged, UnsupportedDesign
from estimators.core.fit import Estimator
from estimators.core.panel import FloatArray, Panel
from estimators.core.parallel import in_order
from estimators.core.placements import (
    Placement,
    Pool,
    across_both,
    across_periods,
    across_units,
    controls_before,
    dealt,
    window_length,
)

PROBLEMS = 5_000  # optimisations spent on one pool of an estimator that needs many per fit
FEWEST = 20  # draws that an expensive estimator is given all the same
LEAST_SHARE = 0.02  # of the pattern's cells that on/off placements must be able to score


@dataclass(frozen=True, eq=False)
class Effects:
    """Placebo effects of one pool.

    overall: (D,) placebo ATTs      by_period: (D, T) means by real period, nan where none
    """

    overall: FloatArray
    by_period: FloatArray
    df: int
    construction: str

    @property
    def mean_square(self) -> float:
        """In the square of the outcome's measure."""
        return float(np.mean(self.overall**2))


class Placebos:
    """All pools of one estimator on one panel. Pools are computed when first asked for.

    Raises UnsupportedDesign, from each pool, when there are too few placements.
    """

    def __init__(self, panel: Panel, estimator: Estimator, draws: int = 200, seed: int = 0) -> None:
        self.panel = panel
        self.tuned = estimator
        self.seed = seed
        self.switching = pattern(panel) == "on_off"
        affordable = PROBLEMS // estimator.problems(panel)
        self.draws = min(draws, max(FEWEST, affordable))

    @cached_property
    def estimator(self) -> Estimator:
        """As placebos refit it; prepared when the first pool is asked for."""
        return self.tuned.for_placebos(self.panel)

    @cached_property
    def window(self) -> int:
        """Periods of a window in the treated units' past."""
        return window_length(self.panel)

    @property
    def carried(self) -> bool:
        """Whether windows are shorter than the treatment, so that only their ratio is used."""
        runs = self.panel.treatment.sum(axis=1)
        return not self.switching and (
            self.window < int(runs.max()) or pattern(self.panel) != "block"
        )

    @cached_property
    def same_period(self) -> Effects:
        """U: other units, same periods."""
        if self.switching:
            return self._effects(
                dealt(self.panel, self.draws, self.seed, units=True, periods=False)
            )
        return self._effects(across_units(self.panel, self.draws, self.seed))

    @cached_property
    def elsewhere(self) -> Effects:
        """M: other units, other times."""
        if self.switching:
            return self._effects(dealt(self.panel, self.draws, self.seed, units=True, periods=True))
        return self._effects(across_both(self.panel, self.draws, self.seed))

    @cached_property
    def same_unit(self) -> Effects:
        """P: the treated units at other times."""
        if self.switching:
            return self._effects(
                dealt(self.panel, self.draws, self.seed, units=False, periods=True)
            )
        return self._effects(across_periods(self.panel, self.window))

    @cached_property
    def controls_past(self) -> Effects:
        """M': other units at the times of same_unit."""
        if self.switching:
            return self.elsewhere
        return self._effects(controls_before(self.panel, self.window, self.draws, self.seed))

    def _effects(self, pool: Pool) -> Effects:
        estimator = self.estimator
        found = in_order(lambda placed: self._effect(estimator, placed), pool.placements)
        scored = [(overall, path, cells) for overall, path, cells in found if cells]
        if len(scored) < 2:
            raise UnsupportedDesign(
                f"{len(scored)} of {len(found)} placebo placements can be imputed "
                f"({pool.construction}); at least 2 are needed"
            )
        construction = pool.construction
        if self.switching:
            construction += self._coverage([cells for _, _, cells in scored])
        return Effects(
            np.array([overall for overall, _, _ in scored]),
            np.array([path for _, path, _ in scored]),
            min(pool.df, len(scored) - 1),
            construction,
        )

    def _coverage(self, cells: Sequence[int]) -> str:
        share = float(np.mean(cells)) / int(self.panel.treatment.sum())
        if share < LEAST_SHARE:
            raise UnsupportedDesign(
                f"placed patterns can score {share:.1%} of the pattern's cells, at least "
                f"{LEAST_SHARE:.0%} are needed: too few cells are untreated"
            )
        return f", scoring {share:.0%} of the pattern's cells on average"

    def _effect(self, estimator: Estimator, placement: Placement) -> tuple[float, FloatArray, int]:
        panel = placement.panel(self.panel)
        scored = panel.treatment & panel.observed
        path = np.full(len(self.panel.periods), np.nan)
        if not scored.any():
            return np.nan, path, 0
        fit = estimator.fit(panel)
        effects = cell_effects(panel, fit)
        column = np.nonzero(scored_cells(panel, fit))[1]
        count = np.bincount(column, minlength=len(placement.periods))
        some = count > 0
        # Positions from the end of the treatment's shift do not matter: by_period is only read
        # for pools whose periods are the real ones.
        total = np.bincount(column, effects, len(count))
        path[placement.periods[some]] = total[some] / count[some]
        return float(effects.mean()), path, len(effects)


def available(pools: Placebos | None, name: str) -> Effects | None:
    """A pool by name, None when it refuses: why is then said among the inferences."""
    if pools is None:
        return None
    try:
        effects: Effects = getattr(pools, name)
    except (UnsupportedDesign, NotConverged):
        return None
    return effects
