"""The reference package's early-stopped solver, step by step as methods.md 3.1.5 describes it.

Frank–Wolfe with exact line search on ζ²‖x‖² + ‖Ax − b‖²/n, at most 100 steps; entries up to a
quarter of the largest are dropped; then up to 10,000 further steps. Each pass ends when a step
lowers the objective by no more than (10⁻⁵ σ̂)².
"""

import numpy as np

from estimators import Panel
from estimators.core.panel import FloatArray


def frank_wolfe(
    A: FloatArray, b: FloatArray, zeta: float, least: float, x: FloatArray, steps: int
) -> FloatArray:
    n = len(b)

    def objective(x: FloatArray) -> float:
        return float(zeta**2 * np.sum(x**2) + np.sum((A @ x - b) ** 2) / n)

    values: list[float] = []
    while len(values) < steps and (len(values) < 2 or values[-2] - values[-1] > least**2):
        gradient = (A @ x - b) @ A + n * zeta**2 * x
        corner = np.zeros(len(x))
        corner[int(np.argmin(gradient))] = 1.0
        direction = corner - x
        if direction.any():
            curvature = np.sum((A @ direction) ** 2) + n * zeta**2 * np.sum(direction**2)
            x = x + float(np.clip(-gradient @ direction / curvature, 0, 1)) * direction
        values.append(objective(x))
    return x


def two_passes(
    A: FloatArray, b: FloatArray, zeta: float, least: float, *, intercept: bool
) -> FloatArray:
    if intercept:
        A, b = A - A.mean(axis=0), b - b.mean()
    first = frank_wolfe(A, b, zeta, least, np.full(A.shape[1], 1 / A.shape[1]), 100)
    kept = np.where(first <= first.max() / 4, 0.0, first)
    return frank_wolfe(A, b, zeta, least, kept / kept.sum(), 10_000)


def unit_weights(panel: Panel, eta: float, *, intercept: bool = True) -> FloatArray:
    """ω of the never-treated units; eta: ζ_ω/σ̂."""
    Y, before = panel.outcome[panel.control_units], panel.pre_periods
    own = panel.outcome[panel.treated_units].mean(axis=0)
    sigma = noise(panel)
    return two_passes(Y[:, before].T, own[before], eta * sigma, 1e-5 * sigma, intercept=intercept)


def reference_estimate(panel: Panel, eta: float, period: str, *, intercept: bool = True) -> float:
    """τ̂ of the reference package on a block.

    eta: ζ_ω/σ̂      period: λ is fitted, equal, or none (zero)
    """
    Y, before = panel.outcome[panel.control_units], panel.pre_periods
    own = panel.outcome[panel.treated_units].mean(axis=0)
    omega = unit_weights(panel, eta, intercept=intercept)
    after = Y[:, ~before].mean(axis=1)
    if period == "fitted":
        sigma = noise(panel)
        weights = two_passes(Y[:, before], after, 1e-6 * sigma, 1e-5 * sigma, intercept=True)
    else:
        weights = np.full(int(before.sum()), 1 / before.sum() if period == "equal" else 0.0)
    gap = own[~before].mean() - weights @ own[before]
    return float(gap - omega @ (after - Y[:, before] @ weights))


def noise(panel: Panel) -> float:
    before = panel.outcome[panel.control_units][:, panel.pre_periods]
    return float(np.diff(before, axis=1).std(ddof=1))
