"""Accelerated soft-thresholding of singular values: the convex way through low_rank.py.

    L ← shrink_{λ/2w}(L + w∘(Y − α − β − L) / w),   w the largest weight, (α, β) exact given L

Slower by step than factors, but every fixed point is the optimum.
"""

import numpy as np

from estimators.core.panel import FloatArray
from estimators.solvers.acceleration import Anderson
from estimators.solvers.certificate import certify
from estimators.solvers.problem import Problem, Solution

CHECK = 8  # steps between two looks at the duality gap, which costs a decomposition
ASTRAY = 4.0  # a squared step this many times the smallest so far says acceleration misled


def shrink(problem: Problem, L: FloatArray, steps: int) -> Solution:
    """Step from L until the duality gap is small enough; `steps` were taken before."""
    heaviest = float(problem.unit_weights.max() * problem.period_weights.max())
    past = Anderson()
    smallest = np.inf
    while True:
        alpha, beta = problem.two_way.fit(problem.outcome - L)
        if steps % CHECK == 0:
            U, V, nuclear = _factors(L)
            gap = certify(problem, L, alpha, beta, nuclear).gap
            if gap <= problem.tolerance or steps >= problem.max_steps:
                return Solution(alpha, beta, U, V, gap, steps)
        residual = problem.outcome - L - alpha[:, None] - beta
        image = _soft(L + problem.weights * residual / heaviest, 0.5 * problem.penalty / heaviest)
        step = float(np.sum((image - L) ** 2))
        past.add(L.ravel(), image.ravel())
        steps += 1
        if step > ASTRAY * smallest:
            past.forget()
            smallest = np.inf
        else:
            smallest = min(smallest, step)
        L = past.propose().reshape(L.shape) if len(past) >= 2 else image


def _soft(Z: FloatArray, threshold: float) -> FloatArray:
    """Z with its singular values lowered by the threshold, to zero at least."""
    squares, vectors = np.linalg.eigh(Z.T @ Z)
    values = np.sqrt(np.maximum(squares, 0.0))
    kept = values > threshold
    vectors = vectors[:, kept]
    return np.asarray(Z @ (vectors * (1 - threshold / values[kept])) @ vectors.T)


def _factors(L: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Balanced factors of L and its nuclear norm.

    Not from LᵀL: the roots of its rounding errors would put a floor under the gap.
    """
    A, d, Bt = np.linalg.svd(L, full_matrices=False)
    half = np.sqrt(d)
    return A * half, Bt.T * half, float(d.sum())
