"""Wolfe's walk to the nearest point of a convex hull, for simplex weights of which few are active.

    minimise  ‖Σ wⱼ pⱼ‖² + ridge ‖w‖²    subject to  w ≥ 0,  Σ w = 1

The walk goes from corral to corral: it adds the column that points most against the current
point x, moves to the smallest point of the affine hull of the corral, and drops columns whose
weight would turn negative. It ends after finitely many steps at the exact optimum and keeps only
the corral's Cholesky factor, which grows by a row and loses one by rotations. A new column that
numerically lies in the affine hull of the corral (a near copy) changes places with the member
that reaches zero first.

A column improves when ‖x‖² + ridge ‖w‖² − ⟨x, pⱼ⟩ exceeds 10⁻¹² of the objective and what
rounding leaves of ⟨x, pⱼ⟩; when none does, the walk ends. It ends, too, at a point that meets the
target to rounding, of which there may be many: the first one is kept. With more rows than columns
(the weights of periods) inner products come from the columns' Gram matrix, computed once, unless
the walk has a start and will be short.

Source: Wolfe (1976), "Finding the nearest point in a polytope", Mathematical Programming 11;
dropping by rotations: Golub and Van Loan (2013), Matrix Computations, section 6.5.
"""

import numpy as np

from estimators.solvers.compiled import compiled

TOLERANCE = 1e-12
DEPENDENT = 1e-13  # a pivot below this share says: already in the affine hull of the corral
ZERO = 1e-15  # a weight
EXACT = 1e-13  # of the columns' length: the target is met, and rounding would choose who is next
PATIENCE = 10  # steps on end that lower neither the objective nor the gap


@compiled()
def nearest_point(points, squares, ridge, start, lift):
    """The weights (n,) and the steps taken.

    points: (n, m)      squares: (n,) their squared lengths      start: (n,) weights, or (0,)
    lift: any positive number of the size of squares; added to all inner products, it makes
        the corral's Gram matrix regular where zero lies in the affine hull
    """
    n, m = points.shape
    by_gram = n < m and len(start) == 0  # near the end of the walk few products are needed
    inner = np.dot(points, points.T) if by_gram else points
    lengths = np.sqrt(squares)
    best = np.zeros(n)
    best[np.argmin(squares)] = 1.0
    if len(start) == n:
        best[:] = start
    L, basis = np.zeros((16, 16)), np.zeros((16, inner.shape[1]))
    corral, share, inside = np.zeros(n, np.int64), np.zeros(n), np.zeros(n, np.bool_)
    k = 0
    for j in np.flatnonzero(best > 0):
        L, basis = _room(L, basis, k, n)
        own = squares[j] + ridge
        if _append(L, basis, k, inner, j, by_gram, own, lift) >= DEPENDENT:
            corral[k], share[k], inside[j] = j, best[j], True
            k += 1
    share[:k] /= np.sum(share[:k])
    best_gap, lowest, stalled, steps = np.inf, np.inf, 0, 0
    while True:
        steps += 1
        k = _settle(L, basis, corral, share, inside, k)
        slope, value, reach = _slopes(points, basis, corral, share, k, by_gram, lengths, ridge)
        gap = value - np.min(slope)
        stalled = 0 if gap < best_gap or value < lowest * (1 - 1e-14) else stalled + 1
        lowest = min(lowest, value)
        if gap < best_gap:
            best_gap = gap
            best[:] = 0.0
            best[corral[:k]] = share[:k]
        if value <= (EXACT * reach) ** 2:
            break
        new = _steepest(slope, value, reach, lengths, inside)
        if new < 0 or stalled > PATIENCE or steps > 50 * (n + m):
            break
        L, basis = _room(L, basis, k, n)
        own = squares[new] + ridge
        share[k] = 0.0
        if _append(L, basis, k, inner, new, by_gram, own, lift) < DEPENDENT:
            out, weight = _exchange(L, share, k)
            if out < 0:
                break
            inside[corral[out]] = False
            k = _drop(L, basis, corral, share, out, k)
            if _append(L, basis, k, inner, new, by_gram, own, lift) < DEPENDENT:
                break
            share[k] = weight
        corral[k], inside[new] = new, True
        k += 1
    return best / np.sum(best), steps


@compiled()
def _slopes(points, basis, corral, share, k, by_gram, lengths, ridge):
    """⟨x, pⱼ⟩ + ridge wⱼ for all j, the objective, and the mean length of the corral."""
    x = np.dot(share[:k], basis[:k])
    slope = x if by_gram else np.dot(points, x)
    value = 0.0
    reach = 0.0
    for q in range(k):
        j = corral[q]
        slope[j] += ridge * share[q]
        value += share[q] * slope[j]
        reach += share[q] * lengths[j]
    return slope, value, reach


@compiled()
def _steepest(slope, value, reach, lengths, inside):
    """The first column that improves most, or −1 when none does beyond rounding."""
    new = -1
    least = value * (1 - TOLERANCE)
    noise = 4e-16 * reach
    for j in range(len(slope)):
        if slope[j] < least and not inside[j] and slope[j] < value - noise * lengths[j]:
            least = slope[j]
            new = j
    return new


@compiled()
def _settle(L, basis, corral, share, inside, k):
    """Move to the smallest point of the affine hull, dropping what would turn negative."""
    while True:
        v = _back(L, _forward_ones(L, k), k)
        v /= np.sum(v)
        theta = 1.0
        out = -1
        for q in range(k):
            if v[q] <= ZERO:
                ratio = share[q] / (share[q] - v[q]) if share[q] > v[q] else 0.0
                if ratio < theta:
                    theta = ratio
                    out = q
        share[:k] += theta * (v - share[:k])
        if out < 0:
            return k
        inside[corral[out]] = False
        k = _drop(L, basis, corral, share, out, k)


@compiled()
def _append(L, basis, k, inner, new, by_gram, own, lift):
    """Row k of the factor of lift + Gram, for column `new`; its pivot as a share."""
    basis[k] = inner[new]
    if by_gram:
        row = np.empty(k)
        for q in range(k):
            row[q] = basis[q, new]
    else:
        row = np.dot(basis[:k], basis[k])
    rest = own + lift
    for q in range(k):
        x = row[q] + lift - np.dot(L[k, :q], L[q, :q])
        L[k, q] = x / L[q, q]
        rest -= L[k, q] ** 2
    L[k, k] = np.sqrt(max(rest, 0.0))
    return rest / (own + lift)


@compiled()
def _forward_ones(L, k):
    u = np.ones(k)
    for q in range(k):
        u[q] = (1.0 - np.dot(L[q, :q], u[:q])) / L[q, q]
    return u


@compiled()
def _back(L, u, k):
    """Solve L' v = u, in place."""
    for q in range(k - 1, -1, -1):
        u[q] /= L[q, q]
        for p in range(q):
            u[p] -= L[q, p] * u[q]
    return u


@compiled()
def _exchange(L, share, k):
    """Weight moved to a column that is an affine combination of the corral, whose row is k.

    The corral gives in proportion until one member has nothing left; its position is returned.
    """
    c = _back(L, L[k, :k].copy(), k)
    moved, out = np.inf, -1
    for q in range(k):
        if c[q] > ZERO and share[q] < moved * c[q]:
            moved, out = share[q] / c[q], q
    if out >= 0:
        for q in range(k):
            share[q] = max(share[q] - moved * c[q], 0.0)
    return out, moved


@compiled()
def _drop(L, basis, corral, share, out, k):
    """Leave out member `out`; rotations make the factor triangular again. The new k."""
    for q in range(out, k - 1):
        L[q, : q + 2] = L[q + 1, : q + 2]
        basis[q] = basis[q + 1]
        corral[q] = corral[q + 1]
        share[q] = share[q + 1]
    share[k - 1] = 0.0
    for q in range(out, k - 1):
        length = np.hypot(L[q, q], L[q, q + 1])
        c, s = L[q, q] / length, L[q, q + 1] / length
        L[q, q], L[q, q + 1] = length, 0.0
        for p in range(q + 1, k - 1):
            a, b = L[p, q], L[p, q + 1]
            L[p, q], L[p, q + 1] = c * a + s * b, c * b - s * a
    return k - 1


@compiled()
def _room(L, basis, k, n):
    """Both arrays, with a row k."""
    if k < len(L):
        return L, basis
    size = min(n, 2 * k)
    wider, longer = np.zeros((size, size)), np.zeros((size, basis.shape[1]))
    wider[:k, :k], longer[:k] = L, basis
    return wider, longer
