"""Weighted fits of DWCP from the definition: weights loop by loop, proximal gradient, dummies.

minimise Σ w (Y − α − β − X'γ − L)² + λ ‖L‖_*
"""

import numpy as np

from estimators import Panel
from estimators.core.panel import BoolArray, FloatArray
from tests.estimators.twins.least_squares import dummies


def standardised(panel: Panel) -> tuple[FloatArray, float, float]:
    data = panel.outcome[panel.usable]
    centre, spread = float(np.mean(data)), float(np.sqrt(np.mean((data - np.mean(data)) ** 2)))
    return (panel.outcome - centre) / spread, centre, spread


def cell_weights(
    panel: Panel, usable: BoolArray, unit: int, period: int, time: float, unit_rate: float
) -> FloatArray:
    """(N, T) θ_s ω_j for one target, zero where not usable; equations 2 and 3 of the paper."""
    Y, _, _ = standardised(panel)
    n, m = Y.shape
    weights = np.zeros((n, m))
    for j in range(n):
        common = [s for s in range(m) if s != period and usable[unit, s] and usable[j, s]]
        squares = [(Y[unit, s] - Y[j, s]) ** 2 for s in common]
        distance = np.sqrt(sum(squares) / len(squares))
        for s in range(m):
            if usable[j, s]:
                weights[j, s] = np.exp(-unit_rate * distance) * np.exp(-time * abs(period - s))
    return weights


def pooled_weights(
    panel: Panel, units: list[int], first: int, last: int, time: float, unit_rate: float
) -> FloatArray:
    """(N, T) weights of the one fit for units treated from first to last."""
    Y, _, _ = standardised(panel)
    n, m = Y.shape
    together = [s for s in range(m) if all(panel.usable[i, s] for i in units)]
    average = {s: np.mean([Y[i, s] for i in units]) for s in together}
    weights = np.zeros((n, m))
    for j in range(n):
        common = [s for s in together if panel.usable[j, s]]
        distance = np.sqrt(np.mean([(Y[j, s] - average[s]) ** 2 for s in common]))
        for s in range(m):
            if panel.usable[j, s]:
                away = abs(s - (first + last) / 2)
                weights[j, s] = np.exp(-unit_rate * distance) * np.exp(-time * away)
    return weights


def weighted_surface(
    panel: Panel, weights: FloatArray, penalty: float, steps: int = 6_000
) -> tuple[FloatArray, FloatArray]:
    """(N, T) α + β + X'γ + L in the outcome's measure, and γ (K,); X of the panel, if any."""
    Y, centre, spread = standardised(panel)
    Y = np.where(weights > 0, np.nan_to_num(Y), 0.0)
    D = dummies(*Y.shape)
    count = D.shape[1]
    if panel.covariates is not None:
        D = np.hstack([D, panel.covariates.reshape(Y.size, -1)])
    root = np.sqrt(weights.ravel())
    solve = np.linalg.pinv(root[:, None] * D, rcond=1e-12) * root

    def known_part(L: FloatArray) -> FloatArray:
        return np.asarray((D @ (solve @ (Y - L).ravel())).reshape(Y.shape))

    L = np.zeros_like(Y)
    if np.isfinite(penalty):
        ahead, momentum = L, 1.0
        for _ in range(steps):
            gradient = weights * (ahead + known_part(ahead) - Y)
            left, values, right = np.linalg.svd(
                ahead - gradient / weights.max(), full_matrices=False
            )
            new = (left * np.maximum(values - penalty / (2 * weights.max()), 0)) @ right
            if np.sum((ahead - new) * (new - L)) > 0:
                momentum = 1.0
            after = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
            ahead, momentum, L = new + (momentum - 1) / after * (new - L), after, new
    gamma = (solve @ (Y - L).ravel())[count:] * spread
    return (known_part(L) + L) * spread + centre, np.asarray(gamma)
