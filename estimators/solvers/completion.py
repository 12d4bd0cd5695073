"""Two-way effects plus a low-rank part with equal weights, solved over the missing cells alone.

    minimise Σ_O (Y_it − α_i − β_t − L_it)² + λ ‖L‖_*

Fill the cells that are not usable with numbers z. On a full panel the rest has a closed form: let
X(z) be the filled panel without row and column means; then L is X with its singular values cut by
τ = λ/2, and what is left of the problem is

    minimise over z   F(z) = Σ_k ψ(σ_k(X(z)))    (filled_panel.py; convex, F is the whole objective)

whose gradient is twice the residual R = X W in the missing cells: at the optimum it is zero there.
Only the rows with missing cells depend on z. The complete rows enter through their Gram matrix,
T × T and computed once, so a step costs one decomposition of a T × T matrix, T the shorter side,
however many complete rows there are. (Where λ is tiny beside the outcomes, a QR factor takes the
place of the Gram matrix, whose rounding errors would hide it.) Steps are Newton's (newton.py),
shortened where F does not fall; ends are quadratic, and the cells settle to the last digits. The
first step from a two-way fit, and one where Newton's would promise little, minimises a quadratic
above F instead (missing_cells.py; ψ is concave), so that F is sure to fall.

The answer carries a duality gap. R has ‖R‖₂ ≤ τ by construction; its two-way residual Q on usable
cells has zero row and column sums, so s Q with s = τ / (τ + ‖Q − R‖) is feasible, and

    gap = (1 − s)² ‖Q‖² + (1 − s) λ ‖L‖_* − 2s ⟨Q − R, L⟩

Source: the fixed point is that of Mazumder, Hastie and Tibshirani (2010), "Spectral
regularization algorithms"; that soft-thresholding is the derivative of an envelope is Moreau's
(1965); truncated Newton as in Nocedal and Wright (2006), chapter 7. Fenchel duality as in
low_rank.py. The reduction to the Gram matrix of complete rows is this project's.
"""

from dataclasses import replace

import numpy as np

from estimators.solvers.completion_loop import descend
from estimators.solvers.incomplete_panel import Completed, IncompletePanel

SETTLED = 1e-10  # a step this small, as a share of the residuals' spread, moves no digit we promise


def complete(
    panel: IncompletePanel,
    penalty: float,
    *,
    start: Completed | None,
    tolerance: float,
    still: float = SETTLED,
) -> Completed:
    """The optimum at λ, or the best point there was when steps ran out: its gap says which.

    start: a solution at another λ, whose decomposition serves for the first step
    tolerance: duality gap to reach
    still: share of the residuals' spread by which the next step may move the missing cells,
        np.inf if the gap alone decides
    """
    if not np.isfinite(penalty):
        return panel.start
    here, threshold = panel.start if start is None else start, 0.5 * penalty
    begin = here.values, here.rows, here.means, here.spectrum.values
    vectors = np.ascontiguousarray(here.spectrum.vectors.T)
    there, gap, steps = descend(
        panel.compiled, (*begin, vectors), threshold, tolerance * panel.loss,
        still * panel.spread, start is not None,
    )  # fmt: skip
    return replace(panel.point(there, threshold), gap=gap / panel.loss, steps=steps)
