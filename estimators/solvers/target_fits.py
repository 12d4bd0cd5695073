"""Many weighted fits of one panel, one after the other, each begun where the last one ended.

Targets of the same unit in neighbouring periods have nearly the same weights, so the solution of
one is nearly that of the next. A cell that is data can be a target too: it is left out of its own
fit, and put back for the next.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numba import njit

from estimators.core.errors import NotConverged
from estimators.core.panel import BoolArray, FloatArray, IntArray
from estimators.core.threads import one_thread
from estimators.solvers.rank_one_two_way import factor, joined, predict, two_way
from estimators.solvers.target_weights import period_weights, unit_weights
from estimators.solvers.weighted_target import solve_target

SWEEPS = 20_000  # after which a fit is given up


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
    count = len(targets.path)
    values = np.empty(len(targets.units))
    sums = _Sums(grid, targets)
    left, right = sums.nothing if start is None else start
    gap, sweeps, rank, first = 0.0, 0, 0, (left, right)
    loop = _Loop(grid, targets, time_rate, unit_rate)
    with one_thread():
        if not np.isfinite(penalty) and not len(grid.covariates):
            loop.closed_forms(values, sums)
            count = 0
        for k in range(count):
            cells = slice(targets.starts[k], targets.starts[k + 1])
            units, periods = targets.units[cells], targets.periods[cells]
            factored, determined = loop.turn_to(k)
            if not determined:
                values[cells] = np.nan
            else:
                # A cell that is data is shown, not published: it need not come to rest.
                rest = np.inf if targets.held[k] else still
                asked = (*loop.grid, *loop.weights, factored, grid.covariates, penalty, tolerance)
                found = solve_target(*asked, rest, left, right, SWEEPS)
                if found[6] > tolerance and right.shape[1]:
                    # Under these weights the start may be far away: then nothing is nearer.
                    found = solve_target(*asked, rest, *sums.nothing, SWEEPS)
                alpha, beta, gamma, known, left, right = found[:6]
                if rank == 0:
                    first = left, right
                gap, sweeps, rank = max(gap, found[6]), sweeps + found[7], max(rank, right.shape[1])
                low_rank = np.einsum("ck,ck->c", left[units], right[periods])
                values[cells] = alpha[units] + beta[periods] + low_rank + known[units, periods]
                sums.coefficients += targets.scored[k] * gamma
            sums.add(targets.scored[k], *loop.weights)
            loop.turn_back(k)
    if gap > tolerance:
        raise NotConverged(
            f"weighted low-rank solver: duality gap {gap:.1e} of the loss without factors after "
            f"{SWEEPS} sweeps, needed {tolerance:.0e}; a larger penalty or tolerance is easier to "
            f"reach"
        )
    return TargetFits(
        values, sums.units, sums.periods, sums.coefficients, gap, sweeps, *first, rank
    )


class _Sums:
    """What is averaged over scored weightings, for people."""

    def __init__(self, grid: Grid, targets: Targets) -> None:
        n, m = grid.outcome.shape
        self.units, self.periods = np.zeros(n), np.zeros(m)
        self.coefficients = np.zeros(len(grid.covariates))
        self.nothing = np.empty((n, 0)), np.empty((m, 0))

    def add(self, times: float, omega: FloatArray, theta: FloatArray) -> None:
        """Weights with sum one, so many times."""
        if times > 0:
            self.units += times / omega.sum() * omega
            self.periods += times / theta.sum() * theta


class _Loop:
    """The weights of one weighting after the other, and its cell left out and put back."""

    def __init__(self, grid: Grid, targets: Targets, time_rate: float, unit_rate: float) -> None:
        n, m = grid.outcome.shape
        self.targets, self.rates = targets, (time_rate, unit_rate)
        self.grid = (
            grid.outcome, grid.usable.copy(), grid.row_group.copy(), grid.column_group.copy()
        )  # fmt: skip
        self.flipped = np.ascontiguousarray(grid.outcome.T), np.ascontiguousarray(grid.usable.T)
        self.weights = np.ones(n), np.ones(m)
        self.own = int(grid.row_group.max()) + 1, int(grid.column_group.max()) + 1
        self.before = (0, 0)

    def turn_to(self, k: int) -> tuple[Any, bool]:
        """The equations under weighting k, and whether its cell is joined to the data."""
        targets = self.targets
        _, usable, row_group, column_group = self.grid
        i, t = targets.units[targets.starts[k]], targets.periods[targets.starts[k]]
        self.before = int(row_group[i]), int(column_group[t])
        if targets.held[k]:
            usable[i, t] = self.flipped[1][t, i] = 0.0
            row_group[i], column_group[t] = self.own
        p, (omega, theta) = int(targets.path[k]), self.weights
        path = max(p, 0)
        factored, joint = _weigh(
            *self.flipped, *self.grid[1:], targets.paths[path], targets.known[path], p >= 0,
            targets.left_out[k], targets.centre[k], *self.rates, omega, theta, i, t,
        )  # fmt: skip
        return factored, joint or not targets.held[k]

    def turn_back(self, k: int) -> None:
        """Put the cell back."""
        if self.targets.held[k]:
            _, usable, row_group, column_group = self.grid
            first = self.targets.starts[k]
            i, t = self.targets.units[first], self.targets.periods[first]
            usable[i, t] = self.flipped[1][t, i] = 1.0
            row_group[i], column_group[t] = self.before

    def closed_forms(self, values: FloatArray, sums: _Sums) -> None:
        """Every weighting without factors."""
        targets = self.targets
        _closed_forms(
            *self.grid, *self.flipped, targets.paths, targets.known, targets.path, targets.centre,
            targets.left_out, targets.held, targets.starts, targets.units, targets.periods,
            targets.scored, *self.rates, *self.own, *self.weights, values, sums.units, sums.periods,
        )  # fmt: skip


@njit(cache=True, nogil=True)
def _weigh(
    across, seen_across, usable, row_group, column_group, path, known, followed, left_out, centre,
    time_rate, unit_rate, omega, theta, i, t,
):  # fmt: skip
    if followed:
        unit_weights(across, seen_across, path, known, left_out, unit_rate, omega)
    if not np.isnan(centre):
        period_weights(centre, time_rate, theta)
    factored = factor(usable, row_group, column_group, omega, theta)
    return factored, joined(row_group, column_group, factored, i, t)


@njit(cache=True, nogil=True)
def _closed_forms(
    Y, usable, row_group, column_group, across, seen_across, paths, known, path, centre, left_out,
    held, starts, units, periods, scored, time_rate, unit_rate, own_row, own_column, omega, theta,
    values, unit_sums, period_sums,
):  # fmt: skip
    alpha, beta = np.empty(len(omega)), np.empty(len(theta))
    for k in range(len(path)):
        first, last = starts[k], starts[k + 1]
        i, t = units[first], periods[first]
        row, column = row_group[i], column_group[t]
        if held[k]:
            usable[i, t] = seen_across[t, i] = 0.0
            row_group[i], column_group[t] = own_row, own_column
        p = max(path[k], 0)
        factored, joint = _weigh(
            across, seen_across, usable, row_group, column_group, paths[p], known[p], path[k] >= 0,
            left_out[k], centre[k], time_rate, unit_rate, omega, theta, i, t,
        )  # fmt: skip
        if held[k] and not joint:
            values[first] = np.nan
        elif last - first == 1:
            values[first] = predict(
                Y, usable, row_group, column_group, omega, theta, factored, i, t
            )  # fmt: skip
        else:
            two_way(Y, usable, row_group, column_group, omega, theta, factored, alpha, beta)
            for c in range(first, last):
                values[c] = alpha[units[c]] + beta[periods[c]]
        if held[k]:
            usable[i, t] = seen_across[t, i] = 1.0
            row_group[i], column_group[t] = row, column
        if scored[k] > 0.0:
            unit_sums += scored[k] / omega.sum() * omega
            period_sums += scored[k] / theta.sum() * theta
