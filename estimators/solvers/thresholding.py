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
    lowest, best = np.inf, L
    patience, plain = CHECK // 2, 0
    while True:
        alpha, beta = problem.two_way.fit(problem.outcome - L)
        if steps % CHECK == 0:
            U, V, nuclear = _factors(L)
            found = certify(problem, L, alpha, beta, nuclear)
            if found.gap <= problem.tolerance or steps >= problem.max_steps:
                return Solution(alpha, beta, U, V, found.gap, steps)
            if found.primal > lowest + 0.1 * problem.tolerance * problem.loss_without:
                # Where weights are tiny every step is one threshold long, and an extrapolation
                # can go far without a longer step to show for it: go back, step plainly a while.
                L = best
                patience *= 2
                plain = steps + patience
                past.forget()
                smallest = np.inf
                alpha, beta = problem.two_way.fit(problem.outcome - L)
            else:
                lowest, best = min(found.primal, lowest), L
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
        accelerated = len(past) >= 2 and steps > plain
        L = past.propose().reshape(L.shape) if accelerated else image


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
