"""The reference package's simplex solver: Frank–Wolfe, stopped early, thinned out, run again.

    minimise  ‖A w − b‖² + ridge ‖w‖²    over the simplex, approximately and by definition so

Published digits of SDID and of its comparisons come from this solver, not from the optimum. From
equal weights it takes at most 100 steps towards a corner, each with exact line search; weights of
at most a quarter of the largest are dropped; then at most 10,000 further steps. A pass ends when
a step lowers the objective per row by no more than decrease². What it leaves is reported as the
duality gap, which here is no small number.

Departure, in cost only: slopes are carried along, (1 − t) g + t P pᵢ, from products that are
computed once for each corner visited, so that a step costs rows + columns, not rows × columns.

Source: R/solver.R and R/synthdid.R of the R package synthdid, by the authors of Arkhangelsky,
Athey, Hirshberg, Imbens and Wager (2021); Frank and Wolfe (1956).
"""

import numpy as np

from estimators.core.panel import FloatArray
from estimators.solvers.compiled import compiled
from estimators.solvers.simplex import duality_gap

FIRST, SECOND = 100, 10_000  # steps of the two passes, at most
KEPT = 1 / 4  # of the largest weight: as much or less is dropped
REMEMBERED = 512  # corners whose products are held


def two_pass_weights(
    A: FloatArray, b: FloatArray, *, ridge: float, decrease: float
) -> tuple[FloatArray, int, float]:
    """Return the weights, the steps taken and the duality gap left, as a share.

    A: (m, n) one column per donor      b: (m,) path to reproduce
    decrease: root of the decrease per row that ends a pass (the package: 10⁻⁵ σ̂)
    """
    points = np.ascontiguousarray(A.T - b)
    n, m = points.shape
    least = decrease**2 * m
    weights, first = _descend(points, ridge, least, np.full(n, 1 / n), FIRST)
    weights[weights <= KEPT * weights.max()] = 0.0
    weights /= weights.sum()
    weights, second = _descend(points, ridge, least, weights, SECOND)
    squares = np.einsum("nm,nm->n", points, points)
    return weights, first + second, duality_gap(points, squares, ridge, weights)


@compiled()
def _descend(points, ridge, least, start, most):
    """The weights after at most so many steps, and how many there were."""
    n = len(points)
    products = np.zeros((min(n, REMEMBERED), n))
    place = np.full(n, -1)
    held = 0
    w = start.copy()
    x = np.dot(w, points)
    g = np.dot(points, x)
    before = value = np.inf
    step = 0
    while step < most and (step < 2 or before - value > least):
        step += 1
        corner = 0
        across = 0.0
        for j in range(n):
            across += (g[j] + ridge * w[j]) * w[j]
            if g[j] + ridge * w[j] < g[corner] + ridge * w[corner]:
                corner = j
        away = points[corner] - x
        spread = np.dot(w, w)
        curvature = np.dot(away, away) + ridge * (spread - w[corner] ** 2 + (1 - w[corner]) ** 2)
        t = 0.0
        if curvature > 0:
            t = (across - g[corner] - ridge * w[corner]) / curvature
            t = min(max(t, 0.0), 1.0)
        row = place[corner]
        if row < 0 and held < len(products):
            row = held
            place[corner] = row
            products[row] = np.dot(points, points[corner])
            held += 1
        g += t * ((products[row] if row >= 0 else np.dot(points, points[corner])) - g)
        x += t * away
        w *= 1 - t
        w[corner] += t
        before, value = value, np.dot(x, x) + ridge * np.dot(w, w)
    return w, step
