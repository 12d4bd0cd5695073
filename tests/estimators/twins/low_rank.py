"""The nuclear-norm problem by proximal gradient: many short steps, nothing clever.

    minimise Σ w (Y − α − β − L)² + λ ‖L‖_*

Given L the two-way effects are a regression on dummies; given those, L moves against the gradient
and its singular values are cut by λ over twice the largest weight.
"""

import numpy as np

from estimators import Panel
from estimators.core.panel import BoolArray, FloatArray
from tests.estimators.twins.least_squares import dummies, two_way_by_dummies


def objective(
    outcome: FloatArray, weights: FloatArray, penalty: float, two_way: FloatArray, L: FloatArray
) -> float:
    """weights: zero in cells that are not usable"""
    error = np.where(weights > 0, np.nan_to_num(outcome) - two_way - L, 0.0)
    nuclear = float(np.linalg.svd(L, compute_uv=False).sum()) if np.isfinite(penalty) else 0.0
    return float(np.sum(weights * error**2)) + (penalty * nuclear if nuclear else 0.0)


def proximal_gradient(
    outcome: FloatArray, usable: BoolArray, weights: FloatArray, penalty: float, steps: int = 4_000
) -> tuple[FloatArray, FloatArray]:
    """α + β and L, both (N, T)."""
    Y = np.where(usable, np.nan_to_num(outcome), 0.0)
    w = np.where(usable, weights, 0.0)
    X = dummies(*Y.shape)
    solve = np.linalg.pinv(np.sqrt(w.ravel())[:, None] * X, rcond=1e-12) * np.sqrt(w.ravel())

    def two_way(L: FloatArray) -> FloatArray:
        return np.asarray((X @ (solve @ (Y - L).ravel())).reshape(Y.shape))

    if not np.isfinite(penalty):
        return two_way_by_dummies(Y, usable, weights), np.zeros_like(Y)
    L = np.zeros_like(Y)
    ahead, momentum = L, 1.0
    for _ in range(steps):
        gradient = w * (ahead + two_way(ahead) - Y)
        left, values, right = np.linalg.svd(ahead - gradient / w.max(), full_matrices=False)
        new = (left * np.maximum(values - penalty / (2 * w.max()), 0)) @ right
        if np.sum((ahead - new) * (new - L)) > 0:  # overshot: forget the momentum
            momentum = 1.0
        after = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        if np.abs(new - L).max() < 1e-14 * np.abs(new).max():
            return two_way(new), new
        ahead, momentum, L = new + (momentum - 1) / after * (new - L), after, new
    return two_way(L), L


def completed(panel: Panel, penalty: float, steps: int = 4_000) -> FloatArray:
    """(N, T) matrix completion at a fixed λ."""
    level = float(np.mean(panel.outcome[panel.usable]))
    weights = panel.usable.astype(float)
    two_way, L = proximal_gradient(panel.outcome - level, panel.usable, weights, penalty, steps)
    return two_way + L + level


def doubly_weighted_cell(
    panel: Panel, unit: int, period: int, time: float, unit_rate: float, penalty: float
) -> float:
    """Ŷ(0) of one treated cell, from equations 2 and 3 of the paper, loop by loop."""
    data = panel.outcome[panel.usable]
    centre, spread = float(np.mean(data)), float(np.sqrt(np.mean((data - np.mean(data)) ** 2)))
    Y = (panel.outcome - centre) / spread
    n, m = Y.shape
    weights = np.zeros((n, m))
    for j in range(n):
        common = [
            s for s in range(m) if s != period and panel.usable[unit, s] and panel.usable[j, s]
        ]
        distance = np.sqrt(sum((Y[unit, s] - Y[j, s]) ** 2 for s in common) / len(common))
        for s in range(m):
            if panel.usable[j, s]:
                weights[j, s] = np.exp(-unit_rate * distance) * np.exp(-time * abs(period - s))
    two_way, L = proximal_gradient(Y, panel.usable, weights, penalty)
    return float(two_way[unit, period] + L[unit, period]) * spread + centre
