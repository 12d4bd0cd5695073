"""Accelerated alternating ridge regressions: the fast way through low_rank.py.

Handed over to thresholding.py when the rank grows large or a saddle holds the sweeps up.
"""

import numpy as np
from numba import njit

from estimators.solvers.acceleration import MEMORY, accelerate
from estimators.solvers.ridge import ridge_rows
from estimators.solvers.thresholding import shrink
from estimators.solvers.two_way import two_way

CHECK = 8  # sweeps between two looks at the duality gap, which costs a decomposition
CROWDED = 0.25  # share of the full rank above which factors are dropped for singular values
SWITCH = 240  # sweeps after which factors have had their chance


@njit(cache=True, nogil=True)
def _without_factors(Y, usable, U, V, X):
    """X = Y − U Vᵀ on usable cells."""
    n, m = usable.shape
    r = U.shape[1]
    for i in range(n):
        for t in range(m):
            x = 0.0
            if usable[i, t]:
                x = Y[i, t]
                for k in range(r):
                    x -= U[i, k] * V[t, k]
            X[i, t] = x


@njit(cache=True, nogil=True)
def _certificate(Y, usable, a, b, U, V, alpha, beta, X, penalty):
    """Primal value, duality gap, the part of it due to directions that are missing, the gradient
    and its spectrum (values, period side).
    """
    n, m = usable.shape
    G = np.zeros((n, m))
    loss = 0.0
    inner = 0.0
    for i in range(n):
        for t in range(m):
            if usable[i, t]:
                residual = X[i, t] - alpha[i] - beta[t]
                G[i, t] = a[i] * b[t] * residual
                loss += G[i, t] * residual
                inner += G[i, t] * (Y[i, t] - alpha[i] - beta[t])
    values, vectors = np.linalg.eigh(G.T @ G)
    values = np.sqrt(np.maximum(values, 0.0))
    norm = values[m - 1]
    s = min(1.0, 0.5 * penalty / norm) if norm > 0 else 1.0
    primal = loss + 0.5 * penalty * (np.sum(U * U) + np.sum(V * V))
    gap = primal - (2 * s * inner - s * s * loss)
    unsettled = primal - (2 * inner - loss)  # what is left were no direction missing
    return primal, gap, gap - unsettled, G, values, vectors


@njit(cache=True, nogil=True)
def _grow(G, values, vectors, usable, a, b, U, V, penalty):
    """Append directions in which the gradient exceeds λ/2, each with its share of an exact step.

    A short step would leave the iterate beside a saddle, to which acceleration is drawn back.
    """
    n, m = G.shape
    half = 0.5 * penalty
    new = 0
    for k in range(m):
        if values[k] > half * (1 + 1e-12):
            new += 1
    r = U.shape[1]
    new = min(new, min(n, m) - r)
    if new <= 0:
        return U, V, 0.0
    decrease = 0.0
    U2 = np.zeros((n, r + new))
    V2 = np.zeros((m, r + new))
    U2[:, :r] = U
    V2[:, :r] = V
    for q in range(new):
        k = m - 1 - q
        v = np.ascontiguousarray(vectors[:, k])
        u = (G @ v) / values[k]
        curvature = 0.0
        for i in range(n):
            for t in range(m):
                if usable[i, t]:
                    curvature += a[i] * b[t] * (u[i] * v[t]) ** 2
        excess = values[k] - half
        length = np.sqrt(excess / max(curvature, 1e-300) / new)
        decrease += excess * excess / max(curvature, 1e-300) / new  # at least: f is convex
        U2[:, r + q] = length * u
        V2[:, r + q] = length * v
    return U2, V2, decrease


@njit(cache=True, nogil=True)
def _balance(U, V, negligible, most):
    """The same product with orthogonal factors of equal length, without singular values that
    cannot matter, and of at most `most` of them. Also says whether any was dropped.

    Without this a full set of factors would leave no room for a direction that is missing: where
    one is missing, the smallest of a full set are on their way to zero.
    """
    Q, R = np.linalg.qr(V)
    A, d, Bt = np.linalg.svd(U @ np.ascontiguousarray(R.T), False)
    keep = d > negligible
    keep[most:] = False
    half = np.sqrt(d[keep])
    left = np.ascontiguousarray(A[:, keep])
    right = np.ascontiguousarray(Q) @ np.ascontiguousarray(Bt[keep].T)
    dropped = half.size < U.shape[1]
    return np.ascontiguousarray(left * half), np.ascontiguousarray(right * half), dropped


@njit(cache=True, nogil=True)
def descend(Y, usable, a, b, penalty, U, V, tolerance, max_sweeps, C, scale, row, alpha, beta):
    """Sweep from (U, V), which are written to, until the duality gap is small enough."""
    n, m = usable.shape
    base = 0.0
    for i in range(n):
        for t in range(m):
            if usable[i, t]:
                base += a[i] * b[t] * (Y[i, t] - alpha[i] - beta[t]) ** 2
    base = max(base, 1e-300)
    negligible = 0.01 * tolerance * base / penalty  # dropping this much moves the gap by less
    X = np.zeros((n, m))
    r = V.shape[1]
    xs = np.zeros((MEMORY, m * (r + 1)))
    fs = np.zeros((MEMORY, m * (r + 1)))
    count = 0
    sweeps = 0
    gap = np.inf
    best = np.inf
    best_U, best_V = U, V
    plain = 0
    patience = CHECK // 2
    dropped = False
    while True:
        _without_factors(Y, usable, U, V, X)
        two_way(X, usable, a, b, C, scale, row, alpha, beta)
        if sweeps % CHECK == 0:
            primal, gap, absent, G, values, vectors = _certificate(
                Y, usable, a, b, U, V, alpha, beta, X, penalty
            )
            gap /= base
            if gap <= tolerance or sweeps >= max_sweeps:
                break
            if r > CROWDED * m or sweeps >= SWITCH:
                return shrink(
                    Y,
                    usable,
                    a,
                    b,
                    penalty,
                    U,
                    V,
                    tolerance,
                    max_sweeps,
                    sweeps,
                    C,
                    scale,
                    row,
                    base,
                )
            if primal > best:
                # Acceleration led astray: go back, forget, and take plain sweeps for a while.
                U, V, r = best_U.copy(), best_V.copy(), best_V.shape[1]
                patience *= 2
                plain = sweeps + patience
                xs = np.zeros((MEMORY, m * (r + 1)))
                fs = np.zeros((MEMORY, m * (r + 1)))
                count = 0
                _without_factors(Y, usable, U, V, X)
                two_way(X, usable, a, b, C, scale, row, alpha, beta)
                primal, gap, absent, G, values, vectors = _certificate(
                    Y, usable, a, b, U, V, alpha, beta, X, penalty
                )
                gap /= base
            missing = absent > 0.5 * gap * base
            if r > 0:
                most = min(n, m) - (max(1, min(n, m) // 8) if missing else 0)
                balanced_U, balanced_V, dropped = _balance(U, V, negligible, most)
                if missing or dropped:
                    U, V = balanced_U, balanced_V
            if missing:
                U, V, decrease = _grow(G, values, vectors, usable, a, b, U, V, penalty)
                primal = np.inf if dropped else primal - decrease
            best, best_U, best_V = primal, U.copy(), V.copy()
            if missing or V.shape[1] != r:
                r = V.shape[1]
                xs = np.zeros((MEMORY, m * (r + 1)))
                fs = np.zeros((MEMORY, m * (r + 1)))
                count = 0
        slot = count % MEMORY
        xs[slot, : m * r] = V.ravel()
        xs[slot, m * r :] = beta
        ridge_rows(Y, usable, a, b, beta, V, 0.5 * penalty, U, alpha)
        ridge_rows(Y.T, usable.T, b, a, alpha, U, 0.5 * penalty, V, beta)
        fs[slot, : m * r] = V.ravel()
        fs[slot, m * r :] = beta
        count += 1
        sweeps += 1
        if count >= 3 and sweeps % CHECK != 0 and sweeps > plain:
            x = accelerate(xs, fs, count, 1e-12)
            V = x[: m * r].copy().reshape((m, r))
            beta = x[m * r :].copy()
            ridge_rows(Y, usable, a, b, beta, V, 0.5 * penalty, U, alpha)
    return alpha, beta, U, V, gap, sweeps
