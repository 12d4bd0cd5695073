"""Least squares over the simplex by projected gradient, run until it no longer moves."""

import numpy as np

from estimators.core.panel import FloatArray


def projected(v: FloatArray) -> FloatArray:
    """The nearest point of the simplex: shift everything down, cut at zero, sum to one."""
    low, high = float(v.min() - 1), float(v.max())
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(v - middle, 0).sum() > 1 else (low, middle)
    found = np.maximum(v - (low + high) / 2, 0)
    return np.asarray(found / found.sum())


def objective(A: FloatArray, b: FloatArray, ridge: float, x: FloatArray) -> float:
    return float(np.sum((A @ x - b) ** 2) + ridge * np.sum(x**2))


def projected_gradient(
    A: FloatArray, b: FloatArray, ridge: float = 0.0, steps: int = 4_000
) -> FloatArray:
    """With Nesterov's momentum, restarted whenever the objective rises."""
    length = 1 / (np.linalg.norm(A, 2) ** 2 + ridge)
    x = np.full(A.shape[1], 1 / A.shape[1])
    ahead, momentum = x, 1.0
    for _ in range(steps):
        new = projected(ahead - length * (A.T @ (A @ ahead - b) + ridge * ahead))
        if objective(A, b, ridge, new) > objective(A, b, ridge, x):
            ahead, momentum = x, 1.0
            continue
        after = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead, momentum, x = new + (momentum - 1) / after * (new - x), after, new
    return x
