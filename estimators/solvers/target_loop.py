"""The loop over weightings of target_fits.py, compiled: weigh, fit, read off, put back.

A fit of a small panel takes tens of microseconds, as much as a few lines of Python around it. Each
weighting's cell that is data is left out of its own fit, and put back for the next one.
"""

import numpy as np

from estimators.solvers.compiled import compiled
from estimators.solvers.rank_one_two_way import factor, joined, predict, two_way
from estimators.solvers.target_weights import period_weights, unit_weights
from estimators.solvers.weighted_target import solve_target

SWEEPS = 20_000  # after which a fit is given up


@compiled("numpy")
def closed_forms(panel, targets, rates, weights, values, sums):
    """Every weighting without factors and covariates; arguments as of low_rank_fits()."""
    Y, usable, row_group, column_group, _, seen_across, _ = panel
    held, starts, units, periods, scored = targets[-5:]
    omega, theta = weights
    own = row_group.max() + 1, column_group.max() + 1
    alpha, beta = np.empty(len(omega)), np.empty(len(theta))
    for k in range(len(held)):
        first, last = starts[k], starts[k + 1]
        i, t = units[first], periods[first]
        groups = row_group[i], column_group[t]
        if held[k]:
            _swap(usable, seen_across, row_group, column_group, i, t, 0.0, own)
        factored = _weigh(panel, targets, k, rates, omega, theta)
        if held[k] and not joined(row_group, column_group, factored, i, t):
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
            _swap(usable, seen_across, row_group, column_group, i, t, 1.0, groups)
        _add(sums, scored[k], omega, theta)


@compiled("numpy")
def low_rank_fits(
    panel, targets, rates, weights, penalty, tolerance, still, U, V, span, values, sums,
    coefficients,
):  # fmt: skip
    """Weightings span[0], …, span[1] − 1, each begun at the last one's factors.

    panel: outcome, usable, row_group, column_group; outcome and usable transposed; covariates
    targets: paths, known, path, centre, left_out, held, starts, units, periods, scored
    rates: λ_time, λ_unit      weights: ω (N,), θ (T,), overwritten
    values, sums, coefficients: filled, and added to

    Returns the largest gap, the sweeps, the largest rank, the factors of the first fit that has
    some, and the last factors.
    """
    Y, usable, row_group, column_group, _, seen_across, X = panel
    held, starts, units, periods, scored = targets[-5:]
    omega, theta = weights
    own = row_group.max() + 1, column_group.max() + 1
    nothing_U, nothing_V = np.empty((len(omega), 0)), np.empty((len(theta), 0))
    gap, sweeps, rank = 0.0, 0, 0
    first_U, first_V = U, V
    for k in range(span[0], span[1]):
        first, last = starts[k], starts[k + 1]
        i, t = units[first], periods[first]
        groups = row_group[i], column_group[t]
        if held[k]:
            _swap(usable, seen_across, row_group, column_group, i, t, 0.0, own)
        factored = _weigh(panel, targets, k, rates, omega, theta)
        if held[k] and not joined(row_group, column_group, factored, i, t):
            values[first] = np.nan
        else:
            # A cell that is data is shown, not published: it need not come to rest.
            rest = np.inf if held[k] else still
            begun = V.shape[1] > 0
            alpha, beta, gamma, known, U, V, reached, taken = solve_target(
                Y, usable, row_group, column_group, omega, theta, factored, X, penalty, tolerance,
                rest, U, V, SWEEPS,
            )  # fmt: skip
            if reached > tolerance and begun:
                # Under these weights the start may be far away: then nothing is nearer.
                sweeps += taken
                alpha, beta, gamma, known, U, V, reached, taken = solve_target(
                    Y, usable, row_group, column_group, omega, theta, factored, X, penalty,
                    tolerance, rest, nothing_U, nothing_V, SWEEPS,
                )  # fmt: skip
            if rank == 0:
                first_U, first_V = U, V
            gap, sweeps, rank = max(gap, reached), sweeps + taken, max(rank, V.shape[1])
            for c in range(first, last):
                j, s = units[c], periods[c]
                values[c] = alpha[j] + beta[s] + np.dot(U[j], V[s]) + known[j, s]
            coefficients += scored[k] * gamma
        if held[k]:
            _swap(usable, seen_across, row_group, column_group, i, t, 1.0, groups)
        _add(sums, scored[k], omega, theta)
    return gap, sweeps, rank, first_U, first_V, U, V


@compiled("numpy")
def _swap(usable, seen_across, row_group, column_group, i, t, seen, groups):
    """A cell left out (a pattern of its own), or put back."""
    usable[i, t] = seen_across[t, i] = seen
    row_group[i], column_group[t] = groups


@compiled("numpy")
def _weigh(panel, targets, k, rates, omega, theta):
    """The equations under weighting k."""
    _, usable, row_group, column_group, across, seen_across, _ = panel
    paths, known, path, centre, left_out = targets[:5]
    if path[k] >= 0:
        p = path[k]
        unit_weights(across, seen_across, paths[p], known[p], left_out[k], rates[1], omega)
    if not np.isnan(centre[k]):
        period_weights(centre[k], rates[0], theta)
    return factor(usable, row_group, column_group, omega, theta)


@compiled("numpy")
def _add(sums, times, omega, theta):
    """Weights with sum one, so many times."""
    if times > 0.0:
        units, periods = sums
        units += times / omega.sum() * omega
        periods += times / theta.sum() * theta
