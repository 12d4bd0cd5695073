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
from numba import njit

from estimators.solvers.factor_rank import allowed, grown, shed, within
from estimators.solvers.pattern_ridge import by_group, pattern_ridge
from estimators.solvers.rank_one_two_way import two_way

MEMORY = 10  # past sweeps that acceleration combines
FIRST, LONGEST = 4, 16  # sweeps before the first look at the gap, and between two, at most
SETTLE = 100  # sweeps more, at most, that a certified fit is given to come to rest
COLLINEAR = 1e-10  # share of a covariate's square that has to be its own


@njit(cache=True, nogil=True)
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
    alpha, beta = np.empty(n), np.empty(m)
    weights = _products(usable, omega, theta)
    context = (usable, row_group, column_group, omega, theta, factored)
    X, combined = _orthogonal(X, weights, context)
    gamma = np.zeros(len(X))
    flipped = np.ascontiguousarray(usable.T)
    row_members, row_starts = by_group(row_group)
    column_members, column_starts = by_group(column_group)
    without = np.zeros((n, m))
    rest, G, loss_without = _residual(Y, X, without, gamma, alpha, beta, weights, context)
    half = 0.5 * penalty
    K = np.dot(G.T, G) if m <= n else np.dot(G, G.T)
    bare = not np.isfinite(penalty) or within(K, half)
    if bare:  # no factor is worth its price, wherever the search was to begin
        U, V = U[:, :0].copy(), V[:, :0].copy()
    best = np.inf
    best_U, best_V = U, V
    plain, patience = 0, FIRST
    sweeps, look = 0, 0
    last_gap, last_look = np.inf, 0
    length = m * (V.shape[1] + 1) + len(X)
    points, images = np.empty((MEMORY, length)), np.empty((MEMORY, length))
    taken = 0
    gap, reached = np.inf, 0.0
    moved, settle = np.inf, -1
    while not bare:
        if sweeps >= look:
            L = np.dot(U, V.T)
            rest, G, loss = _residual(Y, X, L, gamma, alpha, beta, weights, context)
            size = 0.5 * (np.sum(U * U) + np.sum(V * V))
            inner = np.sum(G * L)
            primal = loss + penalty * size
            unsettled = penalty * size - 2.0 * inner
            goal = tolerance * loss_without
            K = np.dot(G.T, G) if m <= n else np.dot(G, G.T)
            gap = unsettled / max(loss_without, 1e-300)
            certified = unsettled <= goal and within(
                K, allowed(goal - unsettled, inner, loss, half)
            )
            if certified and settle < 0:
                settle = sweeps + SETTLE
            idle = moved <= still or V.shape[1] == 0 or sweeps >= settle
            if (certified and idle) or sweeps >= most:
                reached = tolerance if certified else max(gap, 2.0 * tolerance)
                break
            if primal > best * (1.0 + 1e-15):
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
            if V.shape[1] == rank and rank > 0:
                U, V = shed(U, V, 0.01 * goal / penalty)
                if V.shape[1] != rank:
                    best = np.inf
            if V.shape[1] != rank:
                taken = 0
                length = m * (V.shape[1] + 1) + len(X)
                points, images = np.empty((MEMORY, length)), np.empty((MEMORY, length))
            best_U, best_V = U.copy(), V.copy()
            look = sweeps + _pause(gap, last_gap, sweeps - last_look, tolerance)
            last_gap, last_look = gap, sweeps
        r = V.shape[1]
        if r == 0:
            # Nothing grew although the gap is open: rounding. What there is, is the answer.
            reached = max(gap, 2.0 * tolerance)
            break
        place = taken % MEMORY
        _pack(points[place], V, beta, gamma)
        U, V = np.empty((n, r)), V.copy()
        if len(X) > 0:
            rest = Y - _combined(X, gamma)
        _sweep_rows(rest, usable, omega, theta, beta, V, half, row_members, row_starts, U, alpha)
        _sweep_columns(
            rest, flipped, omega, theta, alpha, U, half, column_members, column_starts, V, beta
        )  # fmt: skip
        if len(X) > 0:
            _coefficients(X, weights, Y - np.dot(U, V.T), gamma)
        _pack(images[place], V, beta, gamma)
        moved = _moved(points[place], images[place], V.size)
        taken += 1
        sweeps += 1
        if taken >= 3 and sweeps > plain:
            proposed = _accelerated(points, images, taken)
            _unpack(proposed, V, beta, gamma)
            if sweeps >= look:
                if len(X) > 0:
                    rest = Y - _combined(X, gamma)
                _sweep_rows(
                    rest, usable, omega, theta, beta, V, half, row_members, row_starts, U, alpha
                )
    return alpha, beta, np.dot(gamma, combined), _combined(X, gamma), U, V, reached, sweeps


@njit(cache=True, nogil=True)
def _products(usable, omega, theta):
    weights = np.empty(usable.shape)
    for j in range(len(omega)):
        for s in range(len(theta)):
            weights[j, s] = omega[j] * theta[s] * usable[j, s]
    return weights


@njit(cache=True, nogil=True)
def _sweep_rows(rest, usable, omega, theta, beta, V, half, members, starts, U, alpha):
    pattern_ridge(rest, usable, omega, theta, beta, V, half, members, starts, U, alpha)


@njit(cache=True, nogil=True)
def _sweep_columns(rest, flipped, omega, theta, alpha, U, half, members, starts, V, beta):
    across = np.ascontiguousarray(rest.T)
    pattern_ridge(across, flipped, theta, omega, alpha, U, half, members, starts, V, beta)


@njit(cache=True, nogil=True)
def _orthogonal(X, weights, context):
    """Covariates orthogonal to two-way effects and to each other, of length one, or zero.

    Also (K, K) how each combines the covariates as given, two-way effects aside.
    """
    usable, row_group, column_group, omega, theta, factored = context
    X, combined = X.copy(), np.eye(len(X))
    n, m = weights.shape
    a, b = np.empty(n), np.empty(m)
    for k in range(len(X)):
        square = np.sum(weights * X[k] * X[k])
        for _ in range(2):  # once more, for what rounding left
            two_way(X[k], usable, row_group, column_group, omega, theta, factored, a, b)
            for j in range(n):
                for s in range(m):
                    X[k, j, s] -= a[j] + b[s]
            for q in range(k):
                shared = np.sum(weights * X[k] * X[q])
                X[k] -= shared * X[q]
                combined[k] -= shared * combined[q]
        own = np.sum(weights * X[k] * X[k])
        if own > COLLINEAR * square:
            X[k] /= np.sqrt(own)
            combined[k] /= np.sqrt(own)
        else:
            X[k] = 0.0
            combined[k] = 0.0
    return X, combined


@njit(cache=True, nogil=True)
def _coefficients(X, weights, difference, gamma):
    for k in range(len(X)):
        gamma[k] = np.sum(weights * X[k] * difference)


@njit(cache=True, nogil=True)
def _combined(X, gamma):
    total = np.zeros(X.shape[1:])
    for k in range(len(X)):
        total += gamma[k] * X[k]
    return total


@njit(cache=True, nogil=True)
def _residual(Y, X, L, gamma, alpha, beta, weights, context):
    """Given L: exact α, β, γ (in place), Y without covariates, the gradient and the loss."""
    usable, row_group, column_group, omega, theta, factored = context
    rest = Y
    if len(X) > 0:
        _coefficients(X, weights, Y - L, gamma)
        rest = Y - _combined(X, gamma)
    two_way(rest - L, usable, row_group, column_group, omega, theta, factored, alpha, beta)
    n, m = Y.shape
    G = np.empty((n, m))
    loss = 0.0
    for j in range(n):
        for s in range(m):
            residual = rest[j, s] - L[j, s] - alpha[j] - beta[s]
            G[j, s] = weights[j, s] * residual
            loss += G[j, s] * residual
    return rest, G, loss


@njit(cache=True, nogil=True)
def _pause(gap, last_gap, sweeps, tolerance):
    """Sweeps until the gap should be closed, from how fast it has been closing."""
    if not (0.0 < gap < last_gap) or sweeps == 0 or not np.isfinite(last_gap):
        return FIRST
    rate = np.log(last_gap / gap) / sweeps
    wanted = np.log(max(gap / tolerance, 1.5)) / rate
    return int(min(max(wanted, FIRST // 2), LONGEST))


@njit(cache=True, nogil=True)
def _pack(x, V, beta, gamma):
    m, r = V.shape
    for s in range(m):
        for k in range(r):
            x[s * r + k] = V[s, k]
        x[m * r + s] = beta[s]
    x[m * (r + 1) :] = gamma


@njit(cache=True, nogil=True)
def _moved(point, image, size):
    """Length of the step V took, as a share of V."""
    step, length = 0.0, 0.0
    for k in range(size):
        step += (image[k] - point[k]) ** 2
        length += image[k] ** 2
    return np.sqrt(step / max(length, 1e-300))


@njit(cache=True, nogil=True)
def _unpack(x, V, beta, gamma):
    m, r = V.shape
    for s in range(m):
        for k in range(r):
            V[s, k] = x[s * r + k]
        beta[s] = x[m * r + s]
    gamma[:] = x[m * (r + 1) :]


@njit(cache=True, nogil=True)
def _accelerated(points, images, taken):
    """Anderson's combination of past images whose step is smallest (Walker and Ni, 2011)."""
    count = min(taken, MEMORY)
    last = (taken - 1) % MEMORY
    steps = np.empty((count - 1, points.shape[1]))
    moves = np.empty((count - 1, points.shape[1]))
    final = images[last] - points[last]
    row = 0
    for c in range(count):
        if c != last:
            steps[row] = final - images[c] + points[c]
            moves[row] = images[last] - images[c]
            row += 1
    gram = np.dot(steps, steps.T)
    trace = 0.0
    for c in range(count - 1):
        trace += gram[c, c]
    for c in range(count - 1):
        gram[c, c] += 1e-14 * trace + 1e-300
    share = np.linalg.solve(gram, np.dot(steps, final))
    return images[last] - np.dot(share, moves)
