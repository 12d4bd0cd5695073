"""Least squares over the simplex by projected gradient, run until it no longer moves."""

import numpy as np

from estimators.core.panel import FloatArray


def projected(v: FloatArray) -> FloatArray:
    """The nearest point of the simplex: lowered by one level, cut at zero, summing to one."""
    largest_first = np.sort(v)[::-1]
    levels = (np.cumsum(largest_first) - 1) / np.arange(1, len(v) + 1)
    positive = np.flatnonzero(largest_first > levels)[-1]
    return np.asarray(np.maximum(v - levels[positive], 0))


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
