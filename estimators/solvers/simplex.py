"""Least squares over the simplex: the problem inside every synthetic control.

    minimise  ‖A w − b‖² + ridge ‖w‖²    subject to  w ≥ 0,  Σ w = 1

Without ridge few donors are active, and Wolfe's walk from corral to corral finds them one by one
(nearest_point.py). With the ridge of SDID hundreds are, and Newton's method on the dual settles
them all at once, in a handful of steps (shrunken_weights.py); where that makes slow progress,
the ridge is small, few donors are active after all, and the walk takes over. Both end at the
exact optimum after finitely many steps, need no step size, and do not mind collinear, constant
or repeated columns; ties go to the first column, so equal input gives equal bits.

The answer carries a certificate computed from the weights alone, whichever method found them:
with pⱼ = aⱼ − b and x = Σ wⱼ pⱼ, half the objective is within

    gap = ‖x‖² + ridge ‖w‖² − min_j (⟨x, pⱼ⟩ + ridge wⱼ)

of its minimum (Frank and Wolfe 1956). It is reported, and judged, as a share of
Σ wⱼ ‖pⱼ‖² + ridge, the mean square distance of the donors used: a donor that lies far away and
has no weight does not loosen it.
"""

import numpy as np

from estimators.core.errors import NotConverged
from estimators.core.panel import FloatArray
from estimators.solvers.nearest_point import nearest_point
from estimators.solvers.shrunken_weights import shrunken_weights

TOLERANCE = 1e-10  # gap that is refused, as a share; what is reached is about 1e-16
NOTHING = 1e-24  # of the largest squared distance: below it is rounding
SHRINKING = 1e-3  # ridge, as a share of a donor's typical squared distance, that spreads weights


def simplex_least_squares(
    A: FloatArray, b: FloatArray, *, ridge: float = 0.0, start: FloatArray | None = None
) -> tuple[FloatArray, int, float]:
    """Return the weights, the steps taken and the duality gap reached, as a share.

    A: (m, n) one column per donor      b: (m,) path to reproduce
    start: (n,) weights of a similar problem, whose active columns are tried first

    Raises NotConverged when rounding stops progress before the gap is below TOLERANCE, or
    squares overflow.
    """
    points = np.ascontiguousarray(A.T - b)
    squares = np.einsum("nm,nm->n", points, points)
    largest = float(squares.max())
    if not np.isfinite(largest):
        raise NotConverged(
            "simplex least squares: a donor's squared distance from the target is no finite "
            "number; rescale the outcome, or correct it"
        )
    if len(points) == 1 or largest + ridge == 0:
        return np.full(len(points), 1 / len(points)), 0, 0.0
    if start is None:
        start = np.zeros(0)
    middle = (len(points) - 1) // 2
    typical = float(np.partition(squares, middle)[middle])
    steps = 0
    if ridge > SHRINKING * typical:
        weights, steps, settled = shrunken_weights(points, squares, ridge, start)
        share = duality_gap(points, squares, ridge, weights)
        if settled and share <= TOLERANCE:
            return weights, steps, share
    # Where half of the donors reproduce the path exactly, as counts may, their distance is no size.
    size = typical if typical > NOTHING * largest else largest
    weights, walked = nearest_point(points, squares, ridge, start, size + ridge)
    share = duality_gap(points, squares, ridge, weights)
    if share > TOLERANCE:
        if len(start):  # whether there is an answer must not depend on where the search began
            return simplex_least_squares(A, b, ridge=ridge)
        raise NotConverged(
            f"simplex least squares: duality gap {share:.1e} of scale after {steps + walked} "
            f"steps, needed {TOLERANCE:.0e}; the donors are numerically dependent, add a ridge"
        )
    return weights, steps + walked, share


def duality_gap(
    points: FloatArray, squares: FloatArray, ridge: float, weights: FloatArray
) -> float:
    """The gap above, as a share; points: (n, m) pⱼ, squares: (n,) their squared lengths."""
    x = weights @ points
    slope = points @ x + ridge * weights
    gap = float(weights @ slope - slope.min())
    return gap / float(weights @ squares + ridge) if gap > 0 else 0.0
