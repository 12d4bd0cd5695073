"""Weighted two-way effects, exactly: the closed form inside DID, MC and low_rank.py.

    minimise Σ_it a_i b_t O_it (X_it − α_i − β_t)²

Unit effects are eliminated. What is left is a T × T system for the period effects,

    S β = Σ_i a_i b∘O_i∘(X_i − x̄_i)      S = diag(d) − Σ_i a_i (b∘O_i)(b∘O_i)ᵀ / Σ_t b_t O_it

scaled to a unit diagonal and factored once per set of weights. All complete rows (units usable
throughout) contribute one and the same outer product b bᵀ, so S costs only what the incomplete
rows cost; and one complete row joins all periods, so that S lacks one direction, the common
level, which is filled in before LAPACK factors it. Without a complete row, or where weights range
so widely that rounding decides what is joined, a pivot of zero marks each free level instead. The
loops are compiled and run without the interpreter lock.

Source: the within transformation, as in any text on panel data; Frisch and Waugh (1933).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from estimators.core.panel import BoolArray, FloatArray, IntArray
from estimators.solvers.compiled import compiled

PIVOT = 1e-11  # below this a pivot of the scaled system is a free level, not data
MODERATE = 1e6  # ratio of weights up to which a joined system stays joined in floating point


class TwoWay:
    """The problem above for one set of weights, ready for any number of X.

    usable: O (N, T)      unit_weights: a (N,)      period_weights: b (T,)
    """

    def __init__(
        self,
        usable: BoolArray,
        unit_weights: FloatArray | None = None,
        period_weights: FloatArray | None = None,
    ) -> None:
        n, m = usable.shape
        self.usable = usable
        self.a = np.ones(n) if unit_weights is None else unit_weights
        self.b = np.ones(m) if period_weights is None else period_weights
        self.complete = np.asarray(usable.all(axis=1))
        self.system, self.row = self._factored()

    def _factored(self) -> "tuple[PeriodSystem, FloatArray]":
        if not self.complete.any() or _range(self.a) * _range(self.b) > MODERATE:
            factor, scale, row = _pivoted(self.usable, self.a, self.b)
            return PeriodSystem(factor, scale), row
        rows, b = self.incomplete, self.b
        a, some = self.a[rows], self.usable[rows] * b
        row = np.full(len(self.a), b.sum())
        row[rows] = some.sum(axis=1)
        common = float(self.a[self.complete].sum())
        d = common * b + a @ some
        shares = np.sqrt(a / np.maximum(row[rows], 1e-300))[:, None] * some
        system = np.diag(d) - np.outer(common / b.sum() * b, b) - shares.T @ shares
        scale = 1.0 / np.sqrt(d)
        level = np.sqrt(d / d.sum())
        factor = np.linalg.cholesky(system * scale * scale[:, None] + np.outer(level, level))
        return PeriodSystem(factor, scale), row

    @cached_property
    def incomplete(self) -> IntArray:
        """Rows with a cell that is not usable."""
        return np.flatnonzero(~self.complete)

    def fit(self, X: FloatArray, level: float = 0.0) -> tuple[FloatArray, FloatArray]:
        """α (N,), β (T,) of X − level; zero where a unit or period has no usable cell."""
        means, beta = np.empty(X.shape[0]), np.empty(X.shape[1])
        _means(X, level, self.usable, self.complete, self.a, self.b, self.row, means, beta)
        beta = self.system.solve(self.b * beta)
        alpha = np.where(self.row > 0, means - (self.b @ beta) / np.maximum(self.row, 1e-300), 0.0)
        rows = self.incomplete
        alpha[rows] = means[rows] - (self.usable[rows] @ (self.b * beta)) / np.where(
            self.row[rows] > 0, self.row[rows], 1.0
        )
        return alpha, beta

    def empty(self) -> tuple[BoolArray, BoolArray]:
        """(N,), (T,) true for units and periods without a usable cell."""
        return np.asarray(~self.usable.any(axis=1)), np.asarray(~self.usable.any(axis=0))


@dataclass(frozen=True, eq=False)
class PeriodSystem:
    """S, factored: what is left for the period effects when unit effects are eliminated."""

    factor: FloatArray
    scale: FloatArray

    def solve(self, right: FloatArray) -> FloatArray:
        """β (T,) with S β = right."""
        beta = right * self.scale
        substitute(self.factor, beta)
        return np.asarray(beta * self.scale)


def _range(weights: FloatArray) -> float:
    return float(weights.max() / max(float(weights.min()), 1e-300))


@compiled()
def mean_of(X, usable):
    """Mean of X over usable cells; values outside are never read."""
    total, count = 0.0, 0
    for i in range(X.shape[0]):
        row = 0.0
        for t in range(X.shape[1]):
            if usable[i, t]:
                row += X[i, t]
                count += 1
        total += row
    return total / count


@compiled()
def _means(X, level, usable, complete, a, b, row, means, beta):
    """Weighted means of rows, and Σ_i a_i (X_i − x̄_i) over usable cells."""
    n, m = X.shape
    beta[:] = 0.0
    x = np.empty(m)
    for i in range(n):
        mean = 0.0
        if complete[i]:
            one = two = three = 0.0  # four sums at a time: additions need not wait for each other
            for t in range(0, m - 3, 4):
                for k in range(4):
                    x[t + k] = X[i, t + k] - level
                mean += b[t] * x[t]
                one += b[t + 1] * x[t + 1]
                two += b[t + 2] * x[t + 2]
                three += b[t + 3] * x[t + 3]
            for t in range(m - m % 4, m):
                x[t] = X[i, t] - level
                mean += b[t] * x[t]
            mean = (mean + one + (two + three)) / row[i]
            for t in range(m):
                beta[t] += a[i] * (x[t] - mean)
        elif row[i] > 0:
            for t in range(m):
                if usable[i, t]:
                    mean += b[t] * (X[i, t] - level)
            mean /= row[i]
            for t in range(m):
                if usable[i, t]:
                    beta[t] += a[i] * (X[i, t] - level - mean)
        means[i] = mean


@compiled()
def substitute(C, beta):
    """beta ← (C Cᵀ)⁻¹ beta; zero where the factor has no pivot."""
    m = len(beta)
    for t in range(m):
        x = beta[t]
        for s in range(t):
            x -= C[t, s] * beta[s]
        beta[t] = x / C[t, t] if C[t, t] > 0 else 0.0
    for t in range(m - 1, -1, -1):
        beta[t] = beta[t] / C[t, t] if C[t, t] > 0 else 0.0
        for s in range(t):
            beta[s] -= C[t, s] * beta[t]


@compiled()
def _pivoted(usable, a, b):
    """Factor of the period system in any case, its scale, and the weight in each row."""
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
