"""Accelerated alternating ridge regressions: the fast way through low_rank.py.

Handed over to thresholding.py when the rank grows large or a saddle holds the sweeps up.
"""

import numpy as np

from estimators.core.panel import FloatArray
from estimators.solvers.acceleration import Anderson
from estimators.solvers.certificate import Certificate, certify
from estimators.solvers.problem import Problem, Solution
from estimators.solvers.ridge import ridge_rows
from estimators.solvers.thresholding import shrink

CHECK = 8  # sweeps between two looks at the duality gap, which costs a decomposition
CROWDED = 0.25  # share of the full rank above which factors are dropped for singular values
SWITCH = 240  # sweeps after which factors have had their chance


def descend(problem: Problem, U: FloatArray, V: FloatArray) -> Solution:
    """Sweep from (U, V) until the duality gap is small enough. V has the shorter side."""
    Y, usable, a, b = problem.outcome, problem.usable, problem.unit_weights, problem.period_weights
    transposed = np.ascontiguousarray(Y.T), np.ascontiguousarray(usable.T)
    ridge = 0.5 * problem.penalty
    past = Anderson()
    best, best_factors = np.inf, (U, V)
    patience, plain, sweeps = CHECK // 2, 0, 0
    while True:
        alpha, beta = problem.two_way.fit(Y - U @ V.T)
        if sweeps % CHECK == 0:
            found = certify(problem, U @ V.T, alpha, beta, _length(U, V))
            if found.gap <= problem.tolerance or sweeps >= problem.max_steps:
                return Solution(alpha, beta, U, V, found.gap, sweeps)
            if V.shape[1] > CROWDED * len(V) or sweeps >= SWITCH:
                return shrink(problem, U @ V.T, sweeps)
            if found.primal > best:
                # Acceleration led astray: go back, forget, and take plain sweeps for a while.
                U, V = best_factors
                patience *= 2
                plain = sweeps + patience
                past.forget()
                alpha, beta = problem.two_way.fit(Y - U @ V.T)
                found = certify(problem, U @ V.T, alpha, beta, _length(U, V))
            rank = V.shape[1]
            U, V, best = _adapted(problem, found, U, V)
            best_factors = U, V
            if V.shape[1] != rank or found.missing:
                past.forget()
        before = np.concatenate((V.ravel(), beta))
        U, alpha = ridge_rows(Y, usable, a, b, beta, V, ridge)
        V, beta = ridge_rows(*transposed, b, a, alpha, U, ridge)
        past.add(before, np.concatenate((V.ravel(), beta)))
        sweeps += 1
        if len(past) >= 3 and sweeps % CHECK and sweeps > plain:
            proposed = past.propose()
            V, beta = proposed[: V.size].reshape(V.shape), proposed[V.size :]
            U, alpha = ridge_rows(Y, usable, a, b, beta, V, ridge)


def _length(U: FloatArray, V: FloatArray) -> float:
    """½(‖U‖² + ‖V‖²): at least the nuclear norm of U Vᵀ, and equal to it at a solution."""
    return 0.5 * float(np.sum(U * U) + np.sum(V * V))


def _adapted(
    problem: Problem, found: Certificate, U: FloatArray, V: FloatArray
) -> tuple[FloatArray, FloatArray, float]:
    """Factors without what cannot matter and with what is missing, and a bound on their value."""
    rank = V.shape[1]
    most = min(len(U), len(V))
    if found.missing:
        # Where a direction is missing, the smallest of a full set are on their way to zero.
        most -= max(1, most // 8)
    balanced_U, balanced_V = _balanced(U, V, problem.negligible, most)
    dropped = balanced_V.shape[1] < rank
    if found.missing or dropped:
        U, V = balanced_U, balanced_V
    if not found.missing:
        return U, V, found.primal
    U, V, decrease = _grown(problem, found, U, V)
    return U, V, np.inf if dropped else found.primal - decrease


def _balanced(
    U: FloatArray, V: FloatArray, negligible: float, most: int
) -> tuple[FloatArray, FloatArray]:
    """The same product with orthogonal factors of equal length, the largest `most` of them."""
    if V.shape[1] == 0:
        return U, V
    Q, R = np.linalg.qr(V)
    A, d, Bt = np.linalg.svd(U @ R.T, full_matrices=False)
    keep = (d > negligible) & (np.arange(len(d)) < most)
    half = np.sqrt(d[keep])
    return A[:, keep] * half, (Q @ Bt[keep].T) * half


def _grown(
    problem: Problem, found: Certificate, U: FloatArray, V: FloatArray
) -> tuple[FloatArray, FloatArray, float]:
    """Append directions in which the gradient exceeds λ/2, each with its share of an exact step.

    A short step would leave the iterate beside a saddle, to which acceleration is drawn back.
    Also returns by how much the objective falls at least, by its convexity.
    """
    half = 0.5 * problem.penalty
    room = min(len(U), len(V)) - V.shape[1]
    new = min(int(np.sum(found.values > half * (1 + 1e-12))), room)
    if new <= 0:
        return U, V, 0.0
    values = found.values[::-1][:new]
    right = found.vectors[:, ::-1][:, :new]
    left = (found.gradient @ right) / values
    curvature = np.einsum("nk,nt,tk->k", left**2, problem.weights, right**2, optimize=True)
    excess = values - half
    length = np.sqrt(excess / np.maximum(curvature, 1e-300) / new)
    decrease = float(np.sum(excess**2 / np.maximum(curvature, 1e-300)) / new)
    return np.hstack((U, left * length)), np.hstack((V, right * length)), decrease
