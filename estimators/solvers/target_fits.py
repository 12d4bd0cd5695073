"""Many weighted fits of one panel, one after the other, each begun where the last one ended.

Targets of the same unit in neighbouring periods have nearly the same weights, so the solution of
one is nearly that of the next. A cell that is data can be a target too: it is left out of its own
fit, and put back for the next.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from estimators.core.errors import NotConverged
from estimators.core.panel import BoolArray, FloatArray, IntArray
from estimators.core.threads import one_thread
from estimators.solvers.target_loop import SWEEPS, closed_forms, low_rank_fits

TOGETHER = 64  # fits in one compiled call, which nothing interrupts


@dataclass(frozen=True, eq=False)
class Grid:
    """A panel as the compiled loops take it: zero where not usable, in both orders.

    outcome, usable: (N, T)      covariates: (K, N, T)      row_group (N,), column_group (T,):
    numbers of equal patterns of usable cells
    """

    outcome: FloatArray
    usable: FloatArray
    covariates: FloatArray
    row_group: IntArray
    column_group: IntArray


@dataclass(frozen=True, eq=False)
class Targets:
    """Weightings, and the cells read off the fit under each.

    paths, known: (P, T) outcomes that distances are measured to, and where they are known
    path: (J,) the path of each weighting, −1 for equal unit weights
    centre: (J,) the period weights decay from, nan for equal ones      left_out: (J,) the period
        distances leave out, −1 for none
    held: (J,) whether the cell, which is data, is left out of the fit; then it is the only one
    starts: (J + 1,) where the cells of each weighting start in units, periods
    units, periods: (C,) the cells
    scored: (J,) how much each weighting counts in the average weights
    """

    paths: FloatArray
    known: FloatArray
    path: IntArray
    centre: FloatArray
    left_out: IntArray
    held: BoolArray
    starts: IntArray
    units: IntArray
    periods: IntArray
    scored: FloatArray

    def part(self, first: int, last: int) -> "Targets":
        """Weightings first, …, last − 1."""
        cells = slice(self.starts[first], self.starts[last])
        return replace(
            self,
            path=self.path[first:last],
            centre=self.centre[first:last],
            left_out=self.left_out[first:last],
            held=self.held[first:last],
            starts=self.starts[first : last + 1] - self.starts[first],
            units=self.units[cells],
            periods=self.periods[cells],
            scored=self.scored[first:last],
        )


@dataclass(frozen=True, eq=False)
class TargetFits:
    """values: (C,) predictions, nan where nothing joins a cell to the data
    unit_weights (N,), period_weights (T,): sums over scored weightings, each with sum one
    coefficients: (K,) of covariates, sum over scored weightings
    left, right: factors of the first solution, from which similar fits may begin
    rank: the largest there was
    """

    values: FloatArray
    unit_weights: FloatArray
    period_weights: FloatArray
    coefficients: FloatArray
    gap: float
    sweeps: int
    left: FloatArray
    right: FloatArray
    rank: int


def grid_of(outcome: FloatArray, usable: BoolArray, covariates: FloatArray | None = None) -> Grid:
    """outcome: (N, T), anything where not usable      covariates: (N, T, K), finite"""
    X = np.empty((0, *outcome.shape)) if covariates is None else np.moveaxis(covariates, 2, 0)
    return Grid(
        np.where(usable, outcome, 0.0),
        usable.astype(np.float64),
        np.ascontiguousarray(X, dtype=np.float64),
        _patterns(usable),
        _patterns(usable.T),
    )


def _patterns(usable: BoolArray) -> IntArray:
    """(rows,) the number of each row's pattern; equal rows have equal numbers."""
    packed = np.ascontiguousarray(np.packbits(usable, axis=1))
    rows = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    return np.unique(rows, return_inverse=True)[1].ravel().astype(np.intp)


def fit_targets(
    grid: Grid,
    targets: Targets,
    time_rate: float,
    unit_rate: float,
    penalty: float,
    tolerance: float,
    *,
    still: float = np.inf,
    start: tuple[FloatArray, FloatArray] | None = None,
) -> TargetFits:
    """Fit every weighting and read off its cells.

    tolerance, still: of solve_target()      start: factors of a similar problem
    Raises NotConverged.
    """
    n, m = grid.outcome.shape
    values = np.empty(len(targets.units))
    sums = np.zeros(n), np.zeros(m)
    coefficients = np.zeros(len(grid.covariates))
    left, right = (np.empty((n, 0)), np.empty((m, 0))) if start is None else start
    gap, sweeps, rank, first = 0.0, 0, 0, (left, right)
    shared = _panel(grid), _compiled(targets), (time_rate, unit_rate), (np.ones(n), np.ones(m))
    with one_thread():
        if not np.isfinite(penalty) and not len(grid.covariates):
            closed_forms(*shared, values, sums)
        else:
            for begin in range(0, len(targets.path), TOGETHER):
                span = begin, min(begin + TOGETHER, len(targets.path))
                found = low_rank_fits(
                    *shared, penalty, tolerance, still, left, right, span, values, sums,
                    coefficients,
                )  # fmt: skip
                left, right = found[5:]
                if rank == 0:
                    first = found[3:5]
                gap, sweeps, rank = max(gap, found[0]), sweeps + found[1], max(rank, found[2])
    if gap > tolerance:
        raise NotConverged(
            f"weighted low-rank solver: duality gap {gap:.1e} of the loss without factors after "
            f"{SWEEPS} sweeps, needed {tolerance:.0e}; a larger penalty or tolerance is easier to "
            f"reach"
        )
    return TargetFits(values, *sums, coefficients, gap, sweeps, *first, rank)


def _panel(grid: Grid) -> tuple[Any, ...]:
    """What the loop changes while it runs is copied; both orders of what it reads."""
    return (
        grid.outcome, grid.usable.copy(), grid.row_group.copy(), grid.column_group.copy(),
        np.ascontiguousarray(grid.outcome.T), np.ascontiguousarray(grid.usable.T), grid.covariates,
    )  # fmt: skip


def _compiled(targets: Targets) -> tuple[Any, ...]:
    return (
        targets.paths, targets.known, targets.path, targets.centre, targets.left_out,
        targets.held, targets.starts, targets.units, targets.periods, targets.scored,
    )  # fmt: skip
