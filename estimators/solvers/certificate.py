"""How far from optimal: the duality gaps of low_rank.py and of completion.py, derived there."""

from dataclasses import dataclass

import numpy as np

from estimators.core.panel import BoolArray, FloatArray
from estimators.solvers.problem import Problem
from estimators.solvers.spectrum import Spectrum
from estimators.solvers.two_way import PeriodSystem


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


def filled_gap(
    system: PeriodSystem,
    complete: int,
    usable: BoolArray,
    rows: FloatArray,
    residual: FloatArray,
    spectrum: Spectrum,
) -> float:
    """The gap at a filled panel X with equal weights, in the measure of the loss.

    system: of the two-way fit to usable cells      complete: rows without missing cells
    usable, rows, residual: (k, T) of O, X and R = X W, rows with missing cells; what is needed of
    the complete rows follows from them, because X, R and L have no row or column means.

    The two-way fit (a, b) of R on usable cells makes Q = R − a − b there. In complete rows a is
    zero (b is free of its mean) and Q − R = −b.
    """
    share = usable.sum(axis=1, keepdims=True)
    seen = np.where(usable, residual, 0.0)
    own = np.where(usable, residual - seen.sum(axis=1, keepdims=True) / share, 0.0)
    b = system.solve((own - residual).sum(axis=0))
    b -= b.mean()
    a = (seen - np.where(usable, b, 0.0)).sum(axis=1, keepdims=True) / share
    kept = np.where(usable, residual - a - b, 0.0)
    away, low_rank = kept - residual, rows - residual
    distance = (complete * float(b @ b) + float(np.vdot(away, away))) ** 0.5
    along = float(b @ low_rank.sum(axis=0)) + float(np.vdot(away, low_rank))  # ⟨Q − R, L⟩
    elsewhere = spectrum.loss - float(np.vdot(residual, residual))  # ‖R‖² in complete rows
    shifted = 2 * float(b @ residual.sum(axis=0)) + complete * float(b @ b)
    loss = elsewhere + shifted + float(np.vdot(kept, kept))  # ‖Q‖²
    s = spectrum.threshold / (spectrum.threshold + distance)
    nuclear = 2 * spectrum.threshold * spectrum.nuclear
    return (1 - s) ** 2 * loss + (1 - s) * nuclear - 2 * s * along
