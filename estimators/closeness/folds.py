"""Folds on which settings of DWCP are scored. Truly treated outcomes are in none.

Scored are placements of the treatment's own pattern where nothing was done, by their squared
placebo ATT; where treatment switches, or nowhere has room for it, single cells left out, by their
squared errors. Where each cell has a fit of its own, some cells of a fold are drawn, evenly over
its periods, so that a candidate costs about PROBLEMS fits.

Source: Athey, Imbens, Qu and Viviano (2025), equation 4, leave out single cells; placing the
pattern, and rationing, are ours.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Literal

import numpy as np

from estimators.closeness.trials import TOLERANCE, Fold
from estimators.closeness.weightings import by_cell, pooled
from estimators.core.designs import identified, pattern
from estimators.core.draws import cells_by_label
from estimators.core.folds import Folds, imitating_folds, nothing_to_score
from estimators.core.panel import BoolArray, FloatArray, IntArray, Panel
from estimators.solvers.target_fits import Grid, Targets, fit_targets

PROBLEMS = 1_000  # fits that a candidate takes, at most; fewer where each is large:
WORK = 5_000_000  # cells in all of them together, as long as FEWEST cells of each fold are scored
FEWEST = 4
CELLS = 4  # single cells left out that stand for one fold

# a panel standardised: what may be learned from, and all its outcomes
Standard = Callable[[Panel], tuple[Grid, FloatArray]]
Weighting = Callable[[Grid, Panel, BoolArray, float, float], Targets]


def folds_of(
    panel: Panel,
    standard: Standard,
    count: int,
    seed: int,
    *,
    scoring: Literal["pooled", "together", "cells"],
) -> tuple[list[Fold], str, str]:
    """At most so many folds, what they are, and what a score is.

    standard: standardises a panel
    scoring: a fit for each group of spells; the same for all cells, where the estimate is made so;
        or a fit for each cell
    Raises UnsupportedDesign when nothing can be scored.
    """

    def weighting(grid: Grid, fold: Panel, wanted: BoolArray, time: float, unit: float) -> Targets:
        if scoring == "cells":
            return by_cell(grid, wanted, time, unit)
        return pooled(grid, fold, wanted, time, unit, together=scoring == "together")

    found = None if pattern(panel) == "on_off" else imitating_folds(panel, count, seed)
    if found is None or found.by_cell:
        folds = scattered(standard(panel)[0], panel, count, seed)
        cells = sum(fold.cells for fold in folds)
        rule = f"one untreated cell left out at a time, {cells} times"
        return folds, rule, "mean squared error by cell, standardised"
    most = panel.outcome.size
    if scoring == "cells":
        most = cells_per_fold(panel, len(found.panels))
    folds = placed(panel, found, standard, weighting, most, seed)
    cells = sum(fold.cells for fold in folds)
    how = "by a fit each" if scoring == "cells" else "by pooled fits"
    rule = f"{found.rule}; {cells} cells in all, {how}"
    return folds, rule, "mean squared placebo ATT, standardised"


def cells_per_fold(panel: Panel, folds: int) -> int:
    """How many cells of a placed pattern are scored."""
    fits = min(PROBLEMS, WORK // panel.outcome.size)
    return max(FEWEST, fits // folds)


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
    standard: Standard,
    weighting: Weighting,
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
