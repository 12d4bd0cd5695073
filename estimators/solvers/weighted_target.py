"""The fit behind one target cell: two-way effects, covariates and a low-rank part.

    minimise Σ_js ω_j θ_s O_js (Y_js − α_j − β_s − Σ_k γ_k X_kjs − L_js)² + λ ‖L‖_*

The same problem as low_rank.py, under weights that are a product, which is what makes thousands of
them affordable. With ‖L‖_* = min ½(‖U‖² + ‖V‖²) over L = U Vᵀ, a sweep is two exact block steps,
(U, α) given the rest, then (V, β), each a ridge regression for every row or column that costs
little where patterns of usable cells repeat (pattern_ridge.py), with Anderson acceleration.
Covariates are made orthogonal to the two-way effects and to each other under the same weights,
so γ has a closed form given L.

What is returned is certified by a duality gap, as there, but without decompositions:

    gap ≤ tolerance  ⟸  ‖G‖₂ ≤ c  ⟸  c² I − GᵀG has a Cholesky factor         G = w∘residual

for the largest c that the tolerance allows. Only when that fails, and the reason lies outside the
factors, are eigenvectors computed, and the rank grows by those that exceed λ/2.

Source: as low_rank.py. The Cholesky test, and the sharing among patterns, are ours.
"""

import numpy as np

from estimators.solvers.compiled import compiled
from estimators.solvers.extrapolation import extrapolated, memory, pack, remember, unpack
from estimators.solvers.factor_rank import allowed, gram, grown, no_factor_pays, shed, within
from estimators.solvers.pattern_ridge import by_group, pattern_ridge
from estimators.solvers.weighted_gradient import (
    coefficients,
    gradient,
    orthogonal,
    products,
    weigh,
    without_covariates,
)

FIRST, LONGEST = 4, 16  # sweeps before the first look at the gap, and between two, at most
ROUNDING = 1e-13  # share of the objective that rounding may add: less of a rise is none
NEGLIGIBLE = 0.01  # share of the allowed gap that a direction has to be worth, not to be left out
SETTLE = 50  # sweeps more, at most, that a certified fit is given to come to rest


@compiled("numpy")
def solve_target(
    Y, usable, row_group, column_group, omega, theta, factored, X, penalty, tolerance, still, U, V,
    most,
):  # fmt: skip
    """Solve the problem above from L = U Vᵀ on.

    Y, usable: (N, T), zero where not usable      X: (K, N, T), K may be 0
    factored: of rank_one_two_way.factor() under these weights
    tolerance: duality gap to reach, as a share of the loss at L = 0      most: sweeps, at most
    still: share of itself that V may still move by in a sweep, if SETTLE more sweeps can bring it
        there; np.inf if the gap alone decides

    Returns α (N,), β (T,), γ (K,) of the covariates as given, their part of the fit (N, T), U, V,
    the gap and the sweeps. A gap above the tolerance means: not solved.
    """
    n, m = Y.shape
    alpha, beta, gamma = np.empty(n), np.empty(m), np.zeros(len(X))
    weights = products(usable, omega, theta)
    context = (usable, row_group, column_group, omega, theta, factored)
    X, combined = orthogonal(X, weights, context)
    flipped = np.ascontiguousarray(usable.T)
    row_members, row_starts = by_group(row_group)
    column_members, column_starts = by_group(column_group)
    by_row, by_column = np.empty((n, m)), np.empty((m, n))
    half = 0.5 * penalty
    # First the fit without factors, where the search for some may already end.
    U_asked, V_asked = U, V
    U, V = np.zeros((n, 0)), np.zeros((m, 0))
    loss_without, goal = 0.0, 0.0
    best, best_U, best_V = np.inf, U, V
    point, past = np.empty(0), memory(0)
    patience, plain, taken = FIRST, 0, 0
    sweeps, look, last_look, last_gap = -1, -1, 0, np.inf
    gap, reached, moved, settle = np.inf, 0.0, np.inf, -1
    negligible, lost = 0.0, False
    while True:
        if sweeps >= look:
            L = np.dot(U, V.T)
            coefficients(X, weights, Y, L, gamma)
            rest = without_covariates(Y, X, gamma)
            G, loss = gradient(rest, L, alpha, beta, weights, context)
            if sweeps < 0:
                if not np.isfinite(penalty) or no_factor_pays(G, V_asked, half):
                    break  # wherever the search was to begin
                loss_without, goal = loss, tolerance * loss
                negligible = NEGLIGIBLE * goal / penalty
                U, V = U_asked, V_asked.copy()
                sweeps, look = 0, 0
                weigh(rest, usable, omega, theta, by_row, by_column)
                if V.shape[1] > 0:
                    continue
            size = 0.5 * (np.sum(U * U) + np.sum(V * V))
            inner = np.sum(G * L)
            primal = loss + penalty * size
            unsettled = penalty * size - 2.0 * inner
            gap = unsettled / max(loss_without, 1e-300)
            K = gram(G)
            certified = unsettled <= goal and within(
                K, allowed(goal - unsettled, inner, loss, half)
            )
            if certified and settle < 0:
                settle = sweeps + SETTLE
            idle = moved <= still or V.shape[1] == 0 or sweeps >= settle
            if (certified and idle) or sweeps >= most:
                reached = tolerance if certified else max(gap, 2.0 * tolerance)
                break
            if primal > best * (1.0 + ROUNDING):
                # Acceleration led astray: go back, and take plain sweeps for a while.
                U, V = best_U, best_V
                patience *= 2
                plain = sweeps + patience
                taken = 0
                best = np.inf
                look = sweeps
                continue
            best = primal
            rank = V.shape[1]
            budget = max(goal - unsettled, unsettled)
            if rank < min(n, m) and not within(K, allowed(budget, inner, loss, half)):
                U, V, best = grown(G, K, weights, U, V, half, best)
            if V.shape[1] > rank and lost:
                # What had to come back was no trifle: else it would go and come for ever.
                negligible, lost = 0.1 * negligible, False
            if V.shape[1] == rank and rank > 0:
                U, V = shed(U, V, negligible)
                if V.shape[1] != rank:
                    best, lost = np.inf, True
            if V.shape[1] == 0:
                # Nothing grew although the gap is open: rounding. What there is, is the answer.
                reached = max(gap, 2.0 * tolerance)
                break
            best_U, best_V = U, V.copy()
            length = m * (V.shape[1] + 1) + len(X)
            if len(point) != length:
                taken = 0
                point, past = np.empty(length), memory(length)
            if len(X) > 0:
                weigh(rest, usable, omega, theta, by_row, by_column)
            look = sweeps + _pause(gap, last_gap, sweeps - last_look, tolerance)
            if certified:
                look = settle  # what is left is to come to rest: no need to look until then
            last_gap, last_look = gap, sweeps
        pack(V, beta, gamma, point)
        pattern_ridge(
            by_column, flipped, theta, omega, alpha, U, half, column_members, column_starts, V, beta
        )  # fmt: skip
        if len(X) > 0:
            coefficients(X, weights, Y, np.dot(U, V.T), gamma)
        image = np.empty(len(point))
        pack(V, beta, gamma, image)
        moved = remember(past, taken, point, image, V.size)
        taken += 1
        sweeps += 1
        if settle >= 0 and moved <= still:
            look = sweeps
        if taken >= 2 and sweeps > plain:
            unpack(extrapolated(past, taken), V, beta, gamma)
        if len(X) > 0:
            weigh(without_covariates(Y, X, gamma), usable, omega, theta, by_row, by_column)
        U = np.empty((n, V.shape[1]))
        pattern_ridge(
            by_row, usable, omega, theta, beta, V, half, row_members, row_starts, U, alpha
        )
    return (
        alpha, beta, np.dot(gamma, combined), Y - without_covariates(Y, X, gamma), U, V, reached,
        max(sweeps, 0),
    )  # fmt: skip


@compiled("numpy")
def _pause(gap, last_gap, sweeps, tolerance):
    """Sweeps until the gap should be closed, from how fast it has been closing."""
    if not (0.0 < gap < last_gap) or sweeps == 0 or not np.isfinite(last_gap):
        return FIRST
    rate = np.log(last_gap / gap) / sweeps
    wanted = np.log(max(gap / tolerance, 1.5)) / rate
    return int(min(max(wanted, FIRST // 2), LONGEST))
