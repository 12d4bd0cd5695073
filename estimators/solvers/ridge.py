"""One small ridge regression for each row: a half-sweep of factors.py."""

import numpy as np

from estimators.core.panel import BoolArray, FloatArray
from estimators.solvers.compiled import compiled


def ridge_rows(
    Y: FloatArray,
    usable: BoolArray,
    own: FloatArray,
    other: FloatArray,
    level: FloatArray,
    F: FloatArray,
    ridge: float,
) -> tuple[FloatArray, FloatArray]:
    """For each row i: regress Y_i − level on [F, 1] with weights `other`; the constant is free.

    minimise Σ_t other_t O_it (Y_it − level_t − u·F_t − c)² + ridge / own_i ‖u‖²

    Returns u (rows, rank) and c (rows,); zero for rows without a usable cell.
    """
    out, free = np.empty((len(Y), F.shape[1])), np.empty(len(Y))
    _ridge_rows(Y, usable, own, other, level, np.ascontiguousarray(F), ridge, out, free)
    return out, free


@compiled()
def _ridge_rows(Y, usable, own, other, level, F, ridge, out, free):
    n, m = usable.shape
    r = F.shape[1]
    A = np.zeros((r + 1, r + 1))
    g = np.zeros(r + 1)
    for i in range(n):
        A[:, :] = 0.0
        g[:] = 0.0
        for t in range(m):
            if usable[i, t]:
                w = other[t]
                y = Y[i, t] - level[t]
                for k in range(r):
                    wf = w * F[t, k]
                    for q in range(k + 1):
                        A[k, q] += wf * F[t, q]
                    A[r, k] += wf
                    g[k] += wf * y
                A[r, r] += w
                g[r] += w * y
        if A[r, r] <= 0 or own[i] <= 0:
            out[i, :] = 0.0
            free[i] = 0.0
            continue
        for k in range(r):
            A[k, k] += ridge / own[i]
        for k in range(r + 1):
            for q in range(k):
                x = A[k, q]
                for p in range(q):
                    x -= A[k, p] * A[q, p]
                A[k, q] = x / A[q, q]
            x = A[k, k]
            for q in range(k):
                x -= A[k, q] * A[k, q]
            A[k, k] = np.sqrt(max(x, 1e-300))
        for k in range(r + 1):
            x = g[k]
            for q in range(k):
                x -= A[k, q] * g[q]
            g[k] = x / A[k, k]
        for k in range(r, -1, -1):
            x = g[k]
            for q in range(k + 1, r + 1):
                x -= A[q, k] * g[q]
            g[k] = x / A[k, k]
        for k in range(r):
            out[i, k] = g[k]
        free[i] = g[r]
