"""Small systems of the cells missing in one row: the preconditioner of completion.py.

With W held fixed, the envelope of completion.py is quadratic in the missing cells of each row,

    K = J W J,  J = I − 11ᵀ/T      solve K_mm x = v      m the missing periods of the row

K differs from the identity by few directions: K = I − U Uᵀ, U = [1/√T, v_k √(1 − w_k)]. So the
system is as large as m or as U is wide, whichever is less, by

    K_mm⁻¹ = I + U_m (diag(1 − UᵀU) + U_oᵀ U_o)⁻¹ U_mᵀ      o the usable periods of the row

Rows that miss the same periods share one factor. Where many patterns differ, only the heaviest
directions are kept: a preconditioner may be approximate, and is then cheap.
"""

import numpy as np

from estimators.core.panel import BoolArray, IntArray
from estimators.solvers.compiled import compiled

FEW = 16  # patterns up to which every direction is kept
HEAVIEST = 24  # directions kept beyond


class MissingCells:
    """Which cells of some rows are missing, grouped by pattern. missing: (k, T)"""

    def __init__(self, missing: BoolArray) -> None:
        self.shape = missing.shape
        self.flat: IntArray = np.flatnonzero(missing)
        self.row_starts = np.concatenate(([0], np.cumsum(missing.sum(axis=1))))
        _, first, self.pattern = np.unique(
            np.packbits(missing, axis=1), axis=0, return_index=True, return_inverse=True
        )
        self.pattern = self.pattern.ravel()
        self.masks = np.ascontiguousarray(missing[first])


@compiled("numpy")
def preconditioner(panel, vectors, singular, threshold):
    """K_mm⁻¹ for this W, for solve_rows(): U (T, q), and a factor for each pattern.

    panel: IncompletePanel.compiled      vectors: (T, T), one in a row, by rising singular value
    singular: (r,) values above the threshold, to which the last vectors belong
    """
    masks, m, r = panel[8], len(vectors), len(singular)
    kept = min(r, m if len(masks) <= FEW else HEAVIEST)
    U, rest = np.empty((m, kept + 1)), np.zeros(kept + 1)
    U[:, 0] = m**-0.5
    for j in range(kept):
        weight = threshold / singular[r - kept + j]
        rest[1 + j] = weight
        for t in range(m):
            U[t, 1 + j] = vectors[m - kept + j, t] * np.sqrt(1.0 - weight)
    return U, _factored(masks, U, rest)


@compiled("numpy")
def solve_rows(panel, nearly, values):
    """K_mm⁻¹ applied to the missing cells of each row."""
    out = values.copy()
    masks, pattern, row_starts = panel[8:11]
    _solve(masks, pattern, row_starts, nearly[0], nearly[1], out)
    return out


@compiled()
def _factored(masks, U, rest):
    """Cholesky factors, one for each pattern."""
    count, m = masks.shape
    q = U.shape[1]
    sizes = np.empty(count, np.int64)
    largest = 0
    for p in range(count):
        sizes[p] = min(q, masks[p].sum())
        largest = max(largest, sizes[p])
    factors = np.zeros((count, largest, largest))
    for p in range(count):
        size = sizes[p]
        A = factors[p]
        cells = np.flatnonzero(masks[p])
        if len(cells) <= q:
            for i in range(size):
                A[i, i] = 1.0
                for j in range(i + 1):
                    for k in range(q):
                        A[i, j] -= U[cells[i], k] * U[cells[j], k]
        else:
            for t in range(m):
                if not masks[p, t]:
                    for i in range(q):
                        for j in range(i + 1):
                            A[i, j] += U[t, i] * U[t, j]
            for i in range(q):
                A[i, i] += rest[i]
        for i in range(size):
            for j in range(i):
                x = A[i, j]
                for k in range(j):
                    x -= A[i, k] * A[j, k]
                A[i, j] = x / A[j, j]
            x = A[i, i]
            for k in range(i):
                x -= A[i, k] * A[i, k]
            A[i, i] = np.sqrt(max(x, 1e-12))
    return factors


@compiled()
def _solve(masks, pattern, row_starts, U, factors, out):
    q = U.shape[1]
    y = np.empty(factors.shape[1])
    for i in range(len(pattern)):
        cells = np.flatnonzero(masks[pattern[i]])
        A = factors[pattern[i]]
        own = out[row_starts[i] : row_starts[i + 1]]
        if len(cells) <= q:
            _substitute(A, own, len(cells))
            continue
        y[:] = 0.0
        for c in range(len(cells)):
            for k in range(q):
                y[k] += own[c] * U[cells[c], k]
        _substitute(A, y, q)
        for c in range(len(cells)):
            x = 0.0
            for k in range(q):
                x += U[cells[c], k] * y[k]
            own[c] += x


@compiled()
def _substitute(A, x, size):
    for i in range(size):
        value = x[i]
        for k in range(i):
            value -= A[i, k] * x[k]
        x[i] = value / A[i, i]
    for i in range(size - 1, -1, -1):
        x[i] /= A[i, i]
        for k in range(i):
            x[k] -= A[i, k] * x[i]
