"""Least squares over the simplex: the problem inside every synthetic control.

    minimise  ‖A w − b‖² + ridge ‖w‖²    subject to  w ≥ 0,  Σ w = 1

This is the point of smallest norm in the convex hull of the columns of A − b (with √ridge times
a coordinate of its own for each column). Wolfe's algorithm walks from corral to corral: it adds
the column that points most against the current point, moves to the smallest point of the affine
hull of the corral, and drops columns whose weight would turn negative. It ends after finitely
many steps at the exact optimum, needs no step size, keeps only the active columns' Gram matrix,
and does not mind collinear or repeated columns: one that cannot improve never enters.

The answer carries its duality gap ‖x‖² − min_j ⟨x, p_j⟩, which bounds how far ½ of the objective
is above the optimum. Ties go to the first column, so equal input gives equal bits.

Source: Wolfe (1976), "Finding the nearest point in a polytope", Mathematical Programming 11.
"""

import numpy as np
from numba import njit

from estimators.core.errors import NotConverged
from estimators.core.panel import FloatArray

TOLERANCE = 1e-12
DEPENDENT = 1e-13  # a pivot below this share says: already in the affine hull of the corral


def simplex_least_squares(
    A: FloatArray, b: FloatArray, *, ridge: float = 0.0, tolerance: float = TOLERANCE
) -> tuple[FloatArray, int, float]:
    """Return the weights, the steps taken and the duality gap reached.

    A: (m, n) one column per donor      b: (m,) path to reproduce
    tolerance: gap to reach, as a share of the largest ‖column − b‖² (the gap returned is too)

    Raises NotConverged when rounding stops progress before the gap is reached.
    """
    points = np.ascontiguousarray(A.T - b)
    scale = float(np.max(np.einsum("nm,nm->n", points, points)) + ridge)
    if scale == 0:
        return np.full(A.shape[1], 1 / A.shape[1]), 0, 0.0
    root = np.sqrt(scale)
    weights, steps, gap = _smallest_point(points / root, ridge / scale, tolerance)
    if gap > max(tolerance, 1e-10):
        raise NotConverged(
            f"simplex least squares: duality gap {gap:.1e} of scale after {steps} steps, "
            f"needed {tolerance:.0e}; the donors are numerically dependent, add a ridge"
        )
    return weights, steps, float(gap)


@njit(cache=True, nogil=True)
def _append(L, corral, k, points, new, ridge):
    """Add row k, for column `new`, to the Cholesky factor of 1 + Gram; its pivot's share."""
    row = np.zeros(k + 1)
    for q in range(k):
        row[q] = 1.0 + np.dot(points[corral[q]], points[new])
    own = 1.0 + np.dot(points[new], points[new]) + ridge
    for q in range(k):
        x = row[q]
        for p in range(q):
            x -= L[k, p] * L[q, p]
        L[k, q] = x / L[q, q]
    x = own
    for q in range(k):
        x -= L[k, q] * L[k, q]
    L[k, k] = np.sqrt(max(x, 0.0))
    return x / own


@njit(cache=True, nogil=True)
def _affine_minimum(L, k):
    """Weights, summing to one, of the smallest point in the affine hull of the corral."""
    u = np.ones(k)
    for q in range(k):
        for p in range(q):
            u[q] -= L[q, p] * u[p]
        u[q] /= L[q, q]
    for q in range(k - 1, -1, -1):
        for p in range(q + 1, k):
            u[q] -= L[p, q] * u[p]
        u[q] /= L[q, q]
    return u / np.sum(u)


@njit(cache=True, nogil=True)
def _smallest_point(points, ridge, tolerance):
    n, m = points.shape
    capacity = min(n, 64)
    L = np.zeros((capacity, capacity))
    corral = np.zeros(n, np.int64)
    inside = np.zeros(n, np.bool_)
    weights = np.zeros(n)
    first = 0
    shortest = np.inf
    for j in range(n):
        norm = np.dot(points[j], points[j])
        if norm < shortest:
            shortest = norm
            first = j
    corral[0] = first
    inside[first] = True
    weights[first] = 1.0
    _append(L, corral, 0, points, first, ridge)
    k = 1
    steps = 0
    best_gap = np.inf
    best = weights.copy()
    stalled = 0
    while steps < 50 * (n + m):
        steps += 1
        x = np.zeros(m)
        penalty = 0.0
        for q in range(k):
            j = corral[q]
            x += weights[j] * points[j]
            penalty += ridge * weights[j] ** 2
        value = np.dot(x, x) + penalty
        slope = np.inf
        new = -1
        for j in range(n):
            g = np.dot(points[j], x) + ridge * weights[j]
            if g < slope:
                slope = g
                new = j
        gap = value - slope
        if gap < best_gap * (1 - 1e-3):
            stalled = 0
        else:
            stalled += 1
        if gap < best_gap:
            best_gap = gap
            best = weights.copy()
        if gap <= tolerance or inside[new] or stalled > 20:
            break
        if k == capacity:
            capacity = min(n, 2 * capacity)
            bigger = np.zeros((capacity, capacity))
            bigger[:k, :k] = L
            L = bigger
        if _append(L, corral, k, points, new, ridge) < DEPENDENT:
            break
        corral[k] = new
        inside[new] = True
        k += 1
        while True:
            v = _affine_minimum(L, k)
            theta = 1.0
            out = -1
            for q in range(k):
                if v[q] <= 1e-15:
                    w = weights[corral[q]]
                    share = w / (w - v[q]) if w > v[q] else 0.0
                    if share < theta:
                        theta = share
                        out = q
            for q in range(k):
                j = corral[q]
                weights[j] += theta * (v[q] - weights[j])
            if out < 0:
                break
            # Drop the first column to reach zero; rebuild the factor behind it.
            weights[corral[out]] = 0.0
            inside[corral[out]] = False
            for q in range(out, k - 1):
                corral[q] = corral[q + 1]
            k -= 1
            for q in range(out, k):
                _append(L, corral, q, points, corral[q], ridge)
            if k == 0:
                break
        if k == 0:
            break
    return best / np.sum(best), steps, best_gap
