"""Newton's method for simplex weights with a ridge: all active donors at once.

    minimise  ½ ‖P' w‖² + ½ ridge ‖w‖²    subject to  w ≥ 0,  Σ w = 1        (P: a donor a row)

At the optimum w = Π(−P y / ridge), where Π projects on the simplex and y = P' w. That equation in
the m numbers y is the stationarity of a convex, piecewise quadratic dual, of which half a squared
residual, ½ ‖P' w − y‖², is the duality gap. On a piece, where the active donors S stay the same,

    y = ridge (C' C + ridge I)⁻¹ p̄,      p̄ and C: mean of the rows of S, and what they differ by

so that a step costs one system of order min(m, |S|), and the equality constraint none: centring
has solved it. Steps that do not lower the dual are halved; when the active donors no longer
change after a full step, the answer is exact.

Where ridge is small next to P the pieces are small and steps short; then the method says that it
has not settled, and Wolfe's walk, which is fast exactly there, takes over.

Source: semismooth Newton with line search: Qi and Sun (1993), Mathematical Programming 58; as a
primal-dual active set: Hintermüller, Ito and Kunisch (2002), SIAM Journal on Optimization 13;
projection on the simplex: Michelot (1986), Journal of Optimization Theory and Applications 50.
"""

import numpy as np

from estimators.solvers.compiled import compiled

STEPS = 25
SHORTEST = 1 / 16  # share of a Newton step below which the walk is faster
SINGULAR = 1e-14  # ridge, as a share of the sum of squares it must regularise
FAR = 100.0  # times the typical squared distance: not active in the first step
EXACT = 1e-28  # twice a duality gap, as a share of ‖y‖² + ridge, that is rounding


@compiled()
def shrunken_weights(points, squares, ridge, start):
    """The weights (n,), the steps taken, and whether they are the optimum.

    points: (n, m) rows are donors minus the target      squares: (n,) their squared lengths
    start: (n,) weights, or (0,) for none
    """
    n, m = points.shape
    # Around a donor near the target: the mean would give digits away where one donor is far.
    middle = points[np.argmin(squares)]
    centred = points - middle
    active = squares <= FAR * np.median(squares)
    if len(start) == n and np.any(active & (start > 0)):
        active &= start > 0
    weights = active / np.sum(active)
    y, u, value = np.zeros(m), np.zeros(n), np.inf
    off, before = np.dot(weights, centred) + middle, np.inf
    for step in range(1, STEPS + 1):
        rows = centred[active]
        flat = rows.reshape(rows.size)
        if ridge < SINGULAR * np.dot(flat, flat):
            return weights, step, False
        d = _direction(rows, off, ridge)
        du = np.dot(centred, d)
        slope = -np.dot(d, off)
        t = 1.0
        while True:
            ahead, at = y + t * d, u + t * du
            weights = projection(at / -ridge)
            dual = np.dot(ahead, 0.5 * ahead - middle) - np.dot(weights, at + 0.5 * ridge * weights)
            noise = 1e-14 * (np.dot(ahead, ahead) + abs(np.dot(ahead, middle)) + abs(dual))
            if step == 1 or dual <= value + 1e-4 * t * slope + noise:
                break
            t /= 2
            if t < SHORTEST:
                return weights, step, False
        y, u, value = ahead, at, dual
        off = np.dot(weights, centred) + middle - y
        left = np.dot(off, off)
        same = np.array_equal(weights > 0, active)
        active = weights > 0
        if left <= EXACT * (np.dot(y, y) + ridge) or (same and left > before / 4):
            return weights, step, True
        before = left
    return weights, STEPS, False


@compiled()
def projection(v):
    """The nearest point of the simplex: v lowered by one level and cut at zero."""
    level = (np.sum(v) - 1) / len(v)
    count = len(v)
    while True:
        total, above = 0.0, 0
        for x in v:
            if x > level:
                total += x
                above += 1
        if above == count or above == 0:
            break
        level = (total - 1) / above
        count = above
    w = np.maximum(v - level, 0.0)
    return w / np.sum(w)


@compiled()
def _direction(rows, off, ridge):
    """(I + C' C / ridge)⁻¹ off, C the active rows less their mean; rows are overwritten."""
    k, m = rows.shape
    rows -= np.dot(np.full(k, 1 / k), rows)
    system = np.dot(rows.T, rows) if k > m else np.dot(rows, rows.T)
    for q in range(len(system)):
        system[q, q] += ridge
    if k > m:
        return ridge * np.linalg.solve(system, off)
    return off - np.dot(np.linalg.solve(system, np.dot(rows, off)), rows)
