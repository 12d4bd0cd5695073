"""Many weighted fits of one panel, one after the other, each begun where the last one ended.

Targets of the same unit in neighbouring periods have nearly the same weights, so the solution of
one is nearly that of the next. A cell that is data can be a target too: it is left out of its own
fit, and put back for the next.
"""

from dataclasses import dataclass, replace

import numpy as np
from numba import njit

from estimators.core.errors import NotConverged
from estimators.core.panel import BoolArray, FloatArray, IntArray
from estimators.core.threads import one_thread
from estimators.solvers.rank_one_two_way import factor, joined, predict
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
    rows = np.unique(usable, axis=0, return_inverse=True)[1].ravel()
    columns = np.unique(usable, axis=1, return_inverse=True)[1].ravel()
    X = np.empty((0, *outcome.shape)) if covariates is None else np.moveaxis(covariates, 2, 0)
    return Grid(
        np.where(usable, outcome, 0.0),
        usable.astype(np.float64),
        np.ascontiguousarray(X, dtype=np.float64),
        rows.astype(np.intp),
        columns.astype(np.intp),
    )


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
    left, right = (np.empty((n, 0)), np.empty((m, 0))) if start is None else start
    values = np.empty(len(targets.units))
    sums = np.zeros(n), np.zeros(m), np.zeros(len(grid.covariates))
    with one_thread():
        gap, sweeps, rank, left, right = _fit_targets(
            grid.outcome.copy(), grid.usable.copy(), grid.row_group.copy(),
            grid.column_group.copy(), grid.covariates, targets.paths, targets.known, targets.path,
            targets.centre, targets.left_out, targets.held, targets.starts, targets.units,
            targets.periods, targets.scored, time_rate, unit_rate, penalty, tolerance, still, left,
            right, SWEEPS, values, *sums,
        )  # fmt: skip
    if gap > tolerance:
        raise NotConverged(
            f"weighted low-rank solver: duality gap {gap:.1e} of the loss without factors after "
            f"{SWEEPS} sweeps, needed {tolerance:.0e}; a larger penalty or tolerance is easier to "
            f"reach"
        )
    return TargetFits(values, *sums, gap, sweeps, left, right, rank)


@njit(cache=True, nogil=True)
def _fit_targets(
    Y, usable, row_group, column_group, X, paths, known, path, centre, left_out, held, starts,
    units, periods, scored, time_rate, unit_rate, penalty, tolerance, still, U, V, most, values,
    unit_sums, period_sums, coefficient_sums,
):  # fmt: skip
    n, m = Y.shape
    across, seen_across = np.ascontiguousarray(Y.T), np.ascontiguousarray(usable.T)
    omega, theta = np.ones(n), np.ones(m)
    worst, total, largest = 0.0, 0, 0
    first_U, first_V = U, V
    solved = False
    new_row, new_column = row_group.max() + 1, column_group.max() + 1
    for k in range(len(path)):
        first = starts[k]
        i, t = units[first], periods[first]
        hidden = held[k] and usable[i, t] > 0.0
        row, column = row_group[i], column_group[t]
        if hidden:
            usable[i, t] = seen_across[t, i] = 0.0
            row_group[i], column_group[t] = new_row, new_column
        if path[k] >= 0:
            p = path[k]
            unit_weights(across, seen_across, paths[p], known[p], left_out[k], unit_rate, omega)
        if not np.isnan(centre[k]):
            period_weights(centre[k], time_rate, theta)
        factored = factor(usable, row_group, column_group, omega, theta)
        if hidden and not joined(row_group, column_group, factored, i, t):
            values[first] = np.nan
        elif not np.isfinite(penalty) and len(X) == 0 and starts[k + 1] == first + 1:
            values[first] = predict(
                Y, usable, row_group, column_group, omega, theta, factored, i, t
            )  # fmt: skip
        else:
            begun = V.shape[1]
            rest = np.inf if hidden else still  # a cell that is data is shown, not published
            alpha, beta, gamma, known_part, U, V, gap, sweeps = solve_target(
                Y, usable, row_group, column_group, omega, theta, factored, X, penalty, tolerance,
                rest, U, V, most,
            )  # fmt: skip
            if gap > tolerance and begun > 0:
                # Under these weights the start may be far away: then nothing is nearer.
                alpha, beta, gamma, known_part, U, V, gap, more = solve_target(
                    Y, usable, row_group, column_group, omega, theta, factored, X, penalty,
                    tolerance, rest, U[:, :0].copy(), V[:, :0].copy(), most,
                )  # fmt: skip
                sweeps += more
            if not solved:
                first_U, first_V, solved = U, V, True
            worst, total = max(worst, gap), total + sweeps
            largest = max(largest, V.shape[1])
            for c in range(first, starts[k + 1]):
                values[c] = alpha[units[c]] + beta[periods[c]]
                for q in range(V.shape[1]):
                    values[c] += U[units[c], q] * V[periods[c], q]
                values[c] += known_part[units[c], periods[c]]
            if scored[k] > 0.0:
                coefficient_sums += scored[k] * gamma
        if hidden:
            usable[i, t] = seen_across[t, i] = 1.0
            row_group[i], column_group[t] = row, column
        if scored[k] > 0.0:
            unit_sums += scored[k] / omega.sum() * omega
            period_sums += scored[k] / theta.sum() * theta
    return worst, total, largest, first_U, first_V
