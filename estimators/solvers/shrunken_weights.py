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
from numba import njit

STEPS = 25
SHORTEST = 1 / 16  # share of a Newton step below which the walk is faster
EXACT = 1e-28  # twice a duality gap, as a share of ‖y‖² + ridge, that is rounding


@njit(cache=True, nogil=True)
def shrunken_weights(points, ridge, start):
    """The weights (n,), the steps taken, and whether they are the optimum.

    points: (n, m) rows are donors minus the target      start: (n,) weights, or (0,) for none
    """
    n, m = points.shape
    # Around a donor near the target: the mean would give digits away where one donor is far.
    middle = points[np.argmin(np.sum(points**2, axis=1))]
    centred = points - middle
    weights = start.copy() if len(start) == n else np.full(n, 1 / n)
    y, u, off, value = np.zeros(m), np.zeros(n), np.zeros(m), np.inf
    for step in range(1, STEPS + 1):
        active = weights > 0
        target = _stationary(centred[active], middle, ridge)
        d = target - y
        du = np.dot(centred, d)
        slope = -np.dot(d, off)
        t = 1.0
        while True:
            ahead = y + t * d
            at = u + t * du
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
        settled = t == 1.0 and np.array_equal(weights > 0, active)
        if settled or np.dot(off, off) <= EXACT * (np.dot(y, y) + ridge):
            return weights, step, True
    return weights, STEPS, False


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _stationary(rows, middle, ridge):
    """y of the piece on which these donors are active; rows are overwritten."""
    k, m = rows.shape
    mean = np.dot(np.full(k, 1 / k), rows)
    rows -= mean
    mean += middle
    system = np.dot(rows.T, rows) if k > m else np.dot(rows, rows.T)
    for q in range(len(system)):
        system[q, q] += ridge
    if k > m:
        return ridge * np.linalg.solve(system, mean)
    return mean - np.dot(np.linalg.solve(system, np.dot(rows, mean)), rows)
