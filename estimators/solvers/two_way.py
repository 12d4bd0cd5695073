"""Weighted two-way effects, exactly: the closed form inside low_rank.py.

    minimise Σ_it a_i b_t O_it (X_it − α_i − β_t)²

Unit effects are eliminated; the period system is scaled to a unit diagonal and factored once per
set of weights. The loops are compiled and run without the interpreter lock.
"""

import numpy as np
from numba import njit

from estimators.core.panel import BoolArray, FloatArray

PIVOT = 1e-11  # below this a pivot of the scaled system is a free level, not data


@njit(cache=True, nogil=True)
def _factor(usable, a, b):
    """Cholesky factor of the period system after eliminating unit effects, and its scale."""
    n, m = usable.shape
    row = np.zeros(n)
    d = np.zeros(m)
    for i in range(n):
        for t in range(m):
            if usable[i, t]:
                row[i] += b[t]
                d[t] += a[i] * b[t]
    scale = np.zeros(m)
    for t in range(m):
        if d[t] > 0:
            scale[t] = 1.0 / np.sqrt(d[t])
    C = np.zeros((m, m))
    v = np.zeros(m)
    for i in range(n):
        if row[i] <= 0:
            continue
        f = np.sqrt(a[i] / row[i])
        for t in range(m):
            v[t] = f * b[t] * scale[t] if usable[i, t] else 0.0
        for t in range(m):
            if v[t] != 0.0:
                for s in range(t + 1):
                    C[t, s] -= v[t] * v[s]
    for t in range(m):
        C[t, t] += 1.0
    for t in range(m):
        for s in range(t):
            x = C[t, s]
            for k in range(s):
                x -= C[t, k] * C[s, k]
            C[t, s] = x / C[s, s] if C[s, s] > 0 else 0.0
        x = C[t, t]
        for k in range(t):
            x -= C[t, k] * C[t, k]
        # A component of the graph of usable cells has one free level: its last pivot is zero.
        C[t, t] = np.sqrt(x) if (x > PIVOT and d[t] > 0) else 0.0
    return C, scale, row


@njit(cache=True, nogil=True)
def _solve(X, usable, a, b, C, scale, row, alpha, beta):
    """Weighted two-way effects of X, exactly, into alpha and beta."""
    n, m = usable.shape
    for t in range(m):
        beta[t] = 0.0
    for i in range(n):
        if row[i] <= 0:
            continue
        mean = 0.0
        for t in range(m):
            if usable[i, t]:
                mean += b[t] * X[i, t]
        mean /= row[i]
        for t in range(m):
            if usable[i, t]:
                beta[t] += a[i] * (X[i, t] - mean)
    for t in range(m):
        beta[t] *= b[t] * scale[t]
    for t in range(m):
        x = beta[t]
        for s in range(t):
            x -= C[t, s] * beta[s]
        beta[t] = x / C[t, t] if C[t, t] > 0 else 0.0
    for t in range(m - 1, -1, -1):
        x = beta[t]
        for s in range(t + 1, m):
            x -= C[s, t] * beta[s]
        beta[t] = x / C[t, t] if C[t, t] > 0 else 0.0
    for t in range(m):
        beta[t] *= scale[t]
    for i in range(n):
        x = 0.0
        if row[i] > 0:
            for t in range(m):
                if usable[i, t]:
                    x += b[t] * (X[i, t] - beta[t])
            x /= row[i]
        alpha[i] = x


class TwoWay:
    """The problem above for one set of weights, ready for any number of X.

    usable: O (N, T)      unit_weights: a (N,)      period_weights: b (T,)
    """

    def __init__(self, usable: BoolArray, unit_weights: FloatArray, period_weights: FloatArray):
        self.usable, self.a, self.b = usable, unit_weights, period_weights
        self.factor, self.scale, self.row = _factor(usable, unit_weights, period_weights)

    def fit(self, X: FloatArray) -> tuple[FloatArray, FloatArray]:
        """α (N,), β (T,); zero where a unit or period has no usable cell."""
        alpha, beta = np.empty(X.shape[0]), np.empty(X.shape[1])
        _solve(
            X, self.usable, self.a, self.b, self.factor, self.scale, self.row, alpha, beta
        )  # fmt: skip
        return alpha, beta

    def empty(self) -> tuple[BoolArray, BoolArray]:
        """(N,), (T,) true for units and periods without a usable cell."""
        return np.asarray(~self.usable.any(axis=1)), np.asarray(~self.usable.any(axis=0))
