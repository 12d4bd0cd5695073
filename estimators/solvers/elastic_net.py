"""Least squares with an elastic net, along a path of penalties.

    minimise  ‖y − X w‖² + λ ( (1 − α)/2 ‖w‖² + α ‖w‖₁ )

Each penalty begins where the one before ended. A cycle of coordinate descent finds which weights
are not zero; Newton's step, exact while no sign changes, settles those at once: weights that would
change sign become zero, or, if that is no gain, it stops at the first of them. By turns they never
raise the objective, and end at the optimum as soon as the signs are right: cycles alone would creep
where donors outnumber periods. Nothing larger than X, or than the Gram matrix of the donors in use.

The answer carries its duality gap, as a share of ‖y‖². With half of the objective, l₁ = αλ/2,
l₂ = (1 − α)λ/2 and residual r, shrinking r by min(1, l₁ / ‖X'r − l₂ w‖_∞) makes it feasible in
the dual.

Source: Friedman, Hastie and Tibshirani (2010), "Regularization paths for generalized linear models
via coordinate descent"; for steps to the next change of sign, Lee, Battle, Raina and Ng (2006),
"Efficient sparse coding algorithms". Departure: the duality gap ends it, not a small step.
"""

import numpy as np

from estimators.core.errors import NotConverged
from estimators.core.panel import FloatArray
from estimators.solvers.compiled import compiled

TOLERANCE = 1e-10
SWEEPS = 2_000  # over all coordinates, for one penalty


def elastic_net_path(
    X: FloatArray,
    y: FloatArray,
    penalties: FloatArray,
    l1_share: float,
    *,
    tolerance: float = TOLERANCE,
) -> tuple[FloatArray, int, float]:
    """Weights (L, n) for L penalties λ in the order given, sweeps taken, the largest gap.

    X: (m, n)      y: (m,)      l1_share: α, above 0

    Raises NotConverged when a gap stays above the tolerance.
    """
    scale = float(y @ y)
    if scale == 0:
        return np.zeros((len(penalties), X.shape[1])), 0, 0.0
    root = np.sqrt(scale)
    rows = np.ascontiguousarray(X.T) / root
    weights, steps, gap = _path(rows, y / root, penalties / scale, l1_share, tolerance, SWEEPS)
    if gap > tolerance:
        raise NotConverged(
            f"elastic net: duality gap {gap:.1e} of scale after {steps} sweeps, needed "
            f"{tolerance:.0e}; raise the penalty"
        )
    return weights, steps, float(gap)


def largest_penalty(X: FloatArray, y: FloatArray, l1_share: float) -> float:
    """The smallest λ at which every weight is zero."""
    return float(2 * np.max(np.abs(y @ X)) / l1_share)


@compiled()
def _sweep(X, r, w, squares, l1, l2):
    """One round of coordinate steps."""
    for j in range(len(w)):
        if squares[j] == 0.0:
            continue
        old = w[j]
        z = np.dot(X[j], r) + squares[j] * old
        size = abs(z) - l1
        w[j] = np.sign(z) * size / (squares[j] + l2) if size > 0 else 0.0
        if w[j] != old:
            r += (old - w[j]) * X[j]


@compiled()
def _newton(X, y, w, l1, l2):
    """From w to the optimum of its signs: without the weights that would change theirs, if that
    lowers the objective, else as far as the first of them; w in place."""
    active = np.flatnonzero(w)
    k = len(active)
    if k == 0:
        return
    A = X[active]
    G = np.dot(A, A.T)
    target = np.dot(A, y)
    start = w[active]
    lift = l2 + 1e-14 * np.trace(G)  # so that repeated columns without ridge do no harm
    for p in range(k):
        G[p, p] += lift
        target[p] -= l1 * np.sign(start[p])
    end = np.linalg.solve(G, target)
    cut = np.where(end * start > 0, end, 0.0)
    if _half(A, y, cut, l1, l2) > _half(A, y, start, l1, l2):
        share = 1.0
        first = -1
        for p in range(k):
            if start[p] * (start[p] + share * (end[p] - start[p])) < 0:
                share = start[p] / (start[p] - end[p])
                first = p
        cut = start + share * (end - start)
        if first >= 0:
            cut[first] = 0.0
    for p in range(k):
        w[active[p]] = cut[p]


@compiled()
def _half(A, y, w, l1, l2):
    """Half the objective."""
    r = y - np.dot(w, A)
    return 0.5 * np.dot(r, r) + 0.5 * l2 * np.dot(w, w) + l1 * np.sum(np.abs(w))


@compiled()
def _gap(X, y, r, w, l1, l2):
    """Duality gap of half the objective."""
    steepest = 0.0
    absolute = 0.0
    square = 0.0
    for j in range(len(w)):
        steepest = max(steepest, abs(np.dot(X[j], r) - l2 * w[j]))
        absolute += abs(w[j])
        square += w[j] ** 2
    c = min(1.0, l1 / steepest) if steepest > 0 else 1.0
    half = 0.5 * (np.dot(r, r) + l2 * square)
    return half * (1 + c * c) + l1 * absolute - c * np.dot(r, y)


@compiled()
def _path(X, y, penalties, l1_share, tolerance, limit):
    n = X.shape[0]
    squares = np.zeros(n)
    for j in range(n):
        squares[j] = np.dot(X[j], X[j])
    w = np.zeros(n)
    r = y.copy()
    found = np.zeros((len(penalties), n))
    steps = 0
    worst = 0.0
    for k in range(len(penalties)):
        l1 = 0.5 * l1_share * penalties[k]
        l2 = 0.5 * (1 - l1_share) * penalties[k]
        gap = _gap(X, y, r, w, l1, l2)
        for _ in range(limit):
            if 2 * gap <= tolerance:
                break
            steps += 1
            _sweep(X, r, w, squares, l1, l2)
            _newton(X, y, w, l1, l2)
            r = y - np.dot(w, X)
            gap = _gap(X, y, r, w, l1, l2)
        worst = max(worst, 2 * gap)
        found[k] = w
    return found, steps, worst
