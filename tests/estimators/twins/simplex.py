"""Least squares over the simplex by projected gradient, run until it no longer moves.

And what holds at an optimum, whoever found it: see `violation`.
"""

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


def violation(A: FloatArray, b: FloatArray, ridge: float, x: FloatArray) -> float:
    """How far from an optimum, as a share of what is being added up (Karush, Kuhn and Tucker).

    At one, ⟨A x − b, aⱼ − b⟩ + ridge xⱼ is the same for all donors with weight and no smaller for
    others, weights are not negative, and they sum to one.
    """
    points = A.T - b
    residual = A @ x - b
    slope = points @ residual + ridge * x
    level = float(x @ slope)
    far = x > 0
    mean_square = float(x @ np.sum(points**2, axis=1) + ridge)
    if mean_square == 0:
        return 0.0
    tied = float(np.max(x[far] * np.abs(slope[far] - level)))
    return max(
        tied / mean_square,
        (level - float(slope.min())) / mean_square,
        -float(x.min()),
        abs(float(x.sum()) - 1),
    )
