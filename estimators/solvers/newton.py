"""Truncated Newton steps on the envelope of completion.py, by conjugate gradients.

The second derivative along D, numbers in the missing cells and zero elsewhere, is the change of
the residual R = X W in those cells (twice that, as the gradient is twice R):

    dR = (P D) W + X dW        P takes out row and column means, dW as in spectrum.py

Only rows with missing cells enter; their column means are over all rows.

Source: Hestenes and Stiefel (1952) for conjugate gradients; Nocedal and Wright (2006), algorithm
7.1, for where a truncated step ends: when what is left is small, or curvature is lost to rounding.
"""

from collections.abc import Callable

import numpy as np

from estimators.core.panel import FloatArray
from estimators.solvers.missing_cells import MissingCells, RowSolver
from estimators.solvers.spectrum import Spectrum

LONGEST = 250  # products at most; a step that is cut short is still one that descends
FLAT = 1e-14  # curvature along a direction that is rounding only, as a share of its length


def newton_step(
    spectrum: Spectrum,
    rows: FloatArray,
    missing: MissingCells,
    count: int,
    slope: FloatArray,
    nearly_inverse: RowSolver,
) -> FloatArray:
    """The step for the missing cells, solved more sharply the closer the optimum is.

    rows: (k, T) of X, those with missing cells      count: rows of X in all
    slope: R in the missing cells
    """
    turned_rows = rows @ spectrum.vectors

    def product(values: FloatArray) -> FloatArray:
        moved = missing.spread(values)
        moved -= moved.mean(axis=1, keepdims=True)
        moved = moved @ spectrum.vectors
        turned = spectrum.turned(turned_rows, moved)
        moved -= moved.sum(axis=0) / count
        moved[:, moved.shape[1] - spectrum.rank :] *= spectrum.weights
        return np.asarray(((moved + turned) @ spectrum.vectors.T).ravel()[missing.flat])

    closeness = float(np.linalg.norm(slope)) / max(spectrum.envelope, 1e-300) ** 0.5
    share = min(0.1, max(closeness, 1e-6))
    return conjugate_gradients(product, nearly_inverse, -slope, share)


def conjugate_gradients(
    product: Callable[[FloatArray], FloatArray],
    nearly_inverse: Callable[[FloatArray], FloatArray],
    right: FloatArray,
    share: float,
) -> FloatArray:
    """x with product(x) ≈ right, its residual at most `share` of right, both measured by
    nearly_inverse, which has to be positive definite."""
    x = np.zeros_like(right)
    residual = right.copy()
    ahead = nearly_inverse(residual)
    direction, length = ahead, float(residual @ ahead)
    enough = share**2 * length
    for _ in range(LONGEST):
        if length <= enough or length <= 0:
            break
        image = product(direction)
        curvature = float(direction @ image)
        if curvature <= FLAT * float(direction @ direction):
            return x if x.any() else direction
        along = length / curvature
        x += along * direction
        residual -= along * image
        ahead = nearly_inverse(residual)
        before, length = length, float(residual @ ahead)
        direction = ahead + length / before * direction
    return x
