"""One small ridge regression for each row, at the price of one for each pattern of usable cells.

    minimise Σ_t b_t O_it (Y_it − level_t − u·F_t − c)² + ridge / a_i ‖u‖²      c is free

Rows with the same usable cells share the matrix FᵀBF, centred; only their ridge differs. Brought to
tridiagonal form once, it is solved for each row in a number of steps proportional to the rank.
"""

import numpy as np

from estimators.solvers.compiled import compiled

FEW = 2  # rows for which a factorisation each is cheaper than the tridiagonal form


@compiled("numpy")
def by_group(group):
    """Positions ordered by group, and where each group starts."""
    starts = np.zeros(group.max() + 2, dtype=np.int64)
    for g in group:
        starts[g + 1] += 1
    for g in range(1, len(starts)):
        starts[g] += starts[g - 1]
    members = np.empty(len(group), dtype=np.int64)
    place = starts.copy()
    for i in range(len(group)):
        members[place[group[i]]] = i
        place[group[i]] += 1
    return members, starts


@compiled("numpy")
def pattern_ridge(weighted, usable, own, other, level, F, ridge, members, starts, out, free):
    """u into out (rows, rank), c into free (rows,); zero for rows without a usable cell.

    weighted: b_t O_it Y_it, which does not change from sweep to sweep
    members, starts: rows ordered by their pattern, of by_group()
    """
    m, r = F.shape
    B = np.dot(weighted, F)
    centred = np.empty((m, r))
    mean, levels = np.empty(r), np.empty(r)
    for g in range(len(starts) - 1):
        first, last = starts[g], starts[g + 1]
        if first == last:
            continue
        seen = usable[members[first]]
        weight, level_sum = 0.0, 0.0
        mean[:] = 0.0
        levels[:] = 0.0
        for t in range(m):
            w = seen[t] * other[t]
            at = w * level[t]
            weight += w
            level_sum += at
            for k in range(r):
                mean[k] += w * F[t, k]
                levels[k] += at * F[t, k]
        if weight <= 0.0:
            for position in range(first, last):
                out[members[position], :] = 0.0
                free[members[position]] = 0.0
            continue
        for k in range(r):
            mean[k] /= weight
        for t in range(m):
            root = np.sqrt(seen[t] * other[t])
            for k in range(r):
                centred[t, k] = root * (F[t, k] - mean[k])
        A = np.dot(centred.T, centred)
        for position in range(first, last):
            i = members[position]
            total = -level_sum
            for t in range(m):
                total += weighted[i, t]
            free[i] = total / weight
            for k in range(r):
                B[i, k] -= levels[k] + total * mean[k]
        if r == 1:
            for position in range(first, last):
                i = members[position]
                out[i, 0] = B[i, 0] / (A[0, 0] + ridge / own[i])
        elif last - first <= FEW or r < 3:
            for position in range(first, last):
                i = members[position]
                _solve(A.copy(), ridge / own[i], B[i])
                out[i, :] = B[i]
        else:
            _solve_many(A, ridge, own, B, members[first:last], out)
        for position in range(first, last):
            i = members[position]
            for k in range(r):
                free[i] -= out[i, k] * mean[k]


@compiled("numpy")
def _solve(A, shift, x):
    """(A + shift I)⁻¹ x into x, by Cholesky."""
    r = len(x)
    for k in range(r):
        A[k, k] += shift
    for k in range(r):
        for q in range(k):
            f = A[k, q]
            for p in range(q):
                f -= A[k, p] * A[q, p]
            A[k, q] = f / A[q, q]
        f = A[k, k]
        for q in range(k):
            f -= A[k, q] * A[k, q]
        A[k, k] = np.sqrt(max(f, 1e-300))
    for k in range(r):
        f = x[k]
        for q in range(k):
            f -= A[k, q] * x[q]
        x[k] = f / A[k, k]
    for k in range(r - 1, -1, -1):
        f = x[k]
        for q in range(k + 1, r):
            f -= A[q, k] * x[q]
        x[k] = f / A[k, k]


@compiled("numpy")
def _solve_many(A, ridge, own, B, rows, out):
    """(A + ridge / own_i I)⁻¹ B_i for many rows, A in tridiagonal form."""
    r, count = len(A), len(rows)
    Q = _tridiagonal(A)
    gathered, shift = np.empty((count, r)), np.empty(count)
    for j in range(count):
        gathered[j] = B[rows[j]]
        shift[j] = ridge / own[rows[j]]
    z = np.ascontiguousarray(np.dot(gathered, Q).T)
    inverse, ratio = np.empty((r, count)), np.empty((r, count))  # of pivots; one division for both
    for j in range(count):
        inverse[0, j] = 1.0 / (A[0, 0] + shift[j])
    for k in range(1, r):
        off, diagonal = A[k, k - 1], A[k, k]
        for j in range(count):
            ratio[k, j] = off * inverse[k - 1, j]
            inverse[k, j] = 1.0 / (diagonal + shift[j] - ratio[k, j] * off)
            z[k, j] -= ratio[k, j] * z[k - 1, j]
    for j in range(count):
        z[r - 1, j] *= inverse[r - 1, j]
    for k in range(r - 2, -1, -1):
        for j in range(count):
            z[k, j] = z[k, j] * inverse[k, j] - ratio[k + 1, j] * z[k + 1, j]
    solved = np.dot(z.T, Q.T)
    for j in range(count):
        out[rows[j]] = solved[j]


@compiled("numpy")
def _tridiagonal(A):
    """Q with QᵀAQ tridiagonal, which replaces A: Householder's reflections."""
    r = len(A)
    Q = np.eye(r)
    v, p = np.zeros(r), np.zeros(r)
    for c in range(r - 2):
        norm = 0.0
        for k in range(c + 1, r):
            v[k] = A[k, c]
            norm += v[k] * v[k]
        tail = norm - v[c + 1] * v[c + 1]
        if tail <= 0.0:
            continue
        norm = np.sqrt(norm)
        v[c + 1] += norm if v[c + 1] >= 0.0 else -norm
        square = v[c + 1] * v[c + 1] + tail
        inner = 0.0
        for k in range(c, r):
            f = 0.0
            for q in range(c + 1, r):
                f += A[q, k] * v[q]
            p[k] = 2.0 * f / square
            if k > c:
                inner += p[k] * v[k]
        inner /= square
        for k in range(c + 1, r):
            A[c, k] -= v[k] * p[c]
            A[k, c] = A[c, k]
            p[k] -= inner * v[k]
        for k in range(c + 1, r):
            for q in range(c + 1, r):
                A[k, q] -= v[k] * p[q] + p[k] * v[q]
        for k in range(r):
            f = 0.0
            for q in range(c + 1, r):
                f += Q[k, q] * v[q]
            f *= 2.0 / square
            for q in range(c + 1, r):
                Q[k, q] -= f * v[q]
    return Q
