"""How well a triple (λ_time, λ_unit, λ_nn) predicts what was left out, and the search for one.

Scored are folds: the treatment's own pattern where nothing was done, by its squared placebo ATT;
where treatment switches, single cells left out, by their squared errors. Where a fold has many
cells, some are drawn, evenly over its periods, so that a candidate costs about PROBLEMS fits.

The search is footnote 2's: λ_time alone, then λ_unit, both with λ_nn = ∞, then λ_nn; what they
choose bounds finer grids, along which the three are then moved in turn until nothing changes.
Matrix completion, both rates zero, is a second start, and kept unless factors with rates do better.
Where the largest λ_time is chosen, it is doubled as long as that pays.

Source: Athey, Imbens, Qu and Viviano (2025), equation 4 and footnote 2. The grids, the
second start, stopping and rationing are ours.
"""

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise

import numpy as np

from estimators.closeness.trials import TOLERANCE, Fold, Trials
from estimators.closeness.weightings import by_cell
from estimators.core.coordinate_search import CoordinateSearch, Point
from estimators.core.designs import identified
from estimators.core.draws import cells_by_label
from estimators.core.folds import Folds, nothing_to_score
from estimators.core.panel import BoolArray, FloatArray, IntArray, Panel
from estimators.solvers.target_fits import Grid, Targets, fit_targets

TIME_RATES = (0.0, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0, 4.0)
UNIT_RATES = (0.0, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 1.6, 2.0, 3.0, 5.0)
PENALTIES = (np.inf, *(100 / 10 ** (k / 2) for k in range(9)))  # 100, 31.6, …, 0.01
DOUBLINGS = 3  # of the largest λ_time, at most
FINER = 8  # penalties of the finer grid, by quarter decades
PROBLEMS = 1_000  # fits that a candidate takes, at most; fewer where each is large:
WORK = 5_000_000  # cells in all of them together, as long as FEWEST cells of each fold are scored
FEWEST = 4
CELLS = 4  # single cells left out that stand for one fold


def cells_per_fold(panel: Panel, folds: int) -> int:
    """How many cells of a placed pattern are scored."""
    fits = min(PROBLEMS, WORK // panel.outcome.size)
    return max(FEWEST, fits // folds)


def search(
    trials: Trials, given: tuple[float | None, float | None, float | None]
) -> tuple[Point, CoordinateSearch]:
    """The triple chosen, and all that were tried; what is given stays."""
    times, rates, penalties = (
        grid if value is None else (value,)
        for grid, value in zip((TIME_RATES, UNIT_RATES, PENALTIES), given, strict=True)
    )
    tried = CoordinateSearch(trials.score)
    start: Point = (times[0], rates[0], penalties[0])
    tried.at(start)
    best = tried.walk(start, 0, times[1:])
    if given[0] is None and best[0] == times[-1]:
        best = tried.walk(best, 0, [times[-1] * 2.0 ** (k + 1) for k in range(DOUBLINGS)])
    best = tried.walk(best, 1, rates[1:])
    bounds = best
    best = tried.walk(best, 2, penalties[1:])
    # Factors alone are simpler than factors and rates.
    best = tried.overtake(best, start, 2, penalties[1:], simpler=bool(np.isfinite(best[2])))
    grids = (
        _finer(times, max(bounds[0], best[0])),
        _finer(rates, max(bounds[1], best[1])),
        _smaller(penalties, best[2]),
    )
    return tried.cycle(best, grids), tried


def _finer(grid: tuple[float, ...], bound: float) -> tuple[float, ...]:
    """Values up to the bound, and halfway between them."""
    kept = [value for value in grid if value < bound] + [bound]
    halfway = [(a + b) / 2 for a, b in pairwise(kept)]
    return tuple(sorted({*kept, *halfway}))


def _smaller(grid: tuple[float, ...], bound: float) -> tuple[float, ...]:
    """No factors, and penalties from the bound down."""
    if len(grid) == 1 or not np.isfinite(bound):
        return grid
    return (np.inf, *(bound / 10 ** (k / 4) for k in range(FINER)))


def scattered(grid: Grid, panel: Panel, count: int, seed: int) -> list[Fold]:
    """Cells that are data, each left out alone, CELLS of them to a fold.

    grid: the panel, standardised      Raises UnsupportedDesign when none can be predicted then.
    """
    usable = grid.usable > 0
    everything = by_cell(grid, usable, 0.0, 0.0)
    found = fit_targets(grid, everything, 0.0, 0.0, np.inf, TOLERANCE)
    predicted = np.zeros(usable.shape, dtype=np.bool_)
    predicted[everything.units, everything.periods] = np.isfinite(found.values)
    cells = cells_by_label(predicted, panel.units)
    if not len(cells):
        raise nothing_to_score(panel)
    rng = np.random.default_rng([seed, 2])
    drawn = np.sort(rng.permutation(len(cells))[: CELLS * count])

    def fold(chosen: IntArray) -> Fold:
        wanted = np.zeros(grid.usable.shape, dtype=np.bool_)
        wanted[tuple(chosen.T)] = True
        truth = np.where(wanted, grid.outcome, np.nan)
        return Fold(grid, lambda time, unit: by_cell(grid, wanted, time, unit), truth, True)

    return [fold(cells[drawn[k : k + CELLS]]) for k in range(0, len(drawn), CELLS)]


def placed(
    panel: Panel,
    folds: Folds,
    standard: Callable[[Panel], tuple[Grid, FloatArray]],
    weighting: Callable[[Grid, Panel, BoolArray, float, float], Targets],
    most: int,
    seed: int,
) -> list[Fold]:
    """Placements of the treatment's pattern, each with at most so many of its cells.

    Those without a cell that is observed and can be predicted are left out. Raises
    UnsupportedDesign when all are.
    """

    def fold(k: int, pretended: Panel) -> Fold:
        grid, outcome = standard(pretended)
        scored = pretended.treatment & pretended.observed & identified(pretended)
        wanted = _evenly(scored, pretended.units, most, np.random.default_rng([seed, 3, k]))
        truth = np.where(wanted, outcome, np.nan)
        return Fold(
            grid, lambda time, unit: weighting(grid, pretended, wanted, time, unit), truth, False
        )

    found = [fold(k, pretended) for k, pretended in enumerate(folds.panels)]
    found = [one for one in found if one.cells]
    if not found:
        raise nothing_to_score(panel)
    return found


def _evenly(
    scored: BoolArray, units: Sequence[Hashable], most: int, rng: np.random.Generator
) -> BoolArray:
    """(N, T) at most so many of the cells, in equal steps through the periods, units drawn."""
    cells = cells_by_label(scored, units)
    if len(cells) <= most:
        return scored
    cells = cells[np.lexsort((rng.random(len(cells)), cells[:, 1]))]
    wanted = np.zeros_like(scored)
    wanted[tuple(cells[np.arange(most) * len(cells) // most].T)] = True
    return wanted
