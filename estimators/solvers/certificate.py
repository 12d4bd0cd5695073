"""How far from optimal: the duality gap of low_rank.py, derived there."""

from dataclasses import dataclass

import numpy as np

from estimators.core.panel import FloatArray
from estimators.solvers.problem import Problem


@dataclass(frozen=True, eq=False)
class Certificate:
    """primal: objective; gap: of it above the optimum at most, as a share of the loss at L = 0.

    missing: most of the gap is due to directions in which the gradient exceeds λ/2
    gradient: (N, T) w∘residual, with its singular values (rising) and period-side vectors
    """

    primal: float
    gap: float
    missing: bool
    gradient: FloatArray
    values: FloatArray
    vectors: FloatArray


def certify(
    problem: Problem, L: FloatArray, alpha: FloatArray, beta: FloatArray, nuclear: float
) -> Certificate:
    """The gap at L with its own exact two-way effects; nuclear: ‖L‖_*, or more."""
    residual = problem.outcome - L - alpha[:, None] - beta
    gradient = problem.weights * residual
    loss = float(np.sum(gradient * residual))
    inner = loss + float(np.sum(gradient * L))
    squares, vectors = np.linalg.eigh(gradient.T @ gradient)
    values = np.sqrt(np.maximum(squares, 0.0))
    s = min(1.0, 0.5 * problem.penalty / values[-1]) if values[-1] > 0 else 1.0
    primal = loss + problem.penalty * nuclear
    gap = primal - (2 * s * inner - s * s * loss)
    unsettled = primal - (2 * inner - loss)  # what would be left, were no direction missing
    missing = gap - unsettled > 0.5 * gap
    return Certificate(primal, gap / problem.loss_without, missing, gradient, values, vectors)
