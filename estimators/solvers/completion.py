"""Two-way effects plus a low-rank part with equal weights, solved over the missing cells alone.

    minimise Σ_O (Y_it − α_i − β_t − L_it)² + λ ‖L‖_*

Fill the cells that are not usable with numbers z. On a full panel the rest has a closed form: let
X(z) be the filled panel without row and column means; then L is X with its singular values cut by
τ = λ/2, and what is left of the problem is

    minimise over z   F(z) = Σ_k ψ(σ_k(X(z)))      (spectrum.py; convex, F is the whole objective)

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

from estimators.core.panel import FloatArray
from estimators.solvers.certificate import filled_gap
from estimators.solvers.incomplete_panel import Completed, IncompletePanel
from estimators.solvers.missing_cells import RowSolver
from estimators.solvers.newton import newton_step

SETTLED = 1e-10  # a step this small, as a share of the residuals' spread, moves no digit we promise
STEPS = 100
ENOUGH = 1e-4  # of the decrease that the slope promises
ROUNDING = 1e-13  # of F: what its computation may be off


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
    here = panel.start if start is None else start
    here = replace(here, spectrum=replace(here.spectrum, threshold=0.5 * penalty))
    for step in range(STEPS + 1):
        residual = here.rows - here.spectrum.low_rank(here.rows)
        slope = residual.ravel()[panel.missing.flat]
        nearly_inverse = panel.missing.solver(here.spectrum)
        others = len(panel.alpha) - len(panel.incomplete)
        gap = filled_gap(panel.system, others, panel.usable, here.rows, residual, here.spectrum)
        here = replace(here, gap=gap / panel.loss, steps=step)
        ahead = nearly_inverse(slope)
        moves = float(np.linalg.norm(ahead)) / max(len(ahead), 1) ** 0.5
        if step == STEPS or (here.gap <= tolerance and moves <= still * panel.spread):
            break
        there = None
        if start is not None or step > 0:
            there = _newton(panel, here, slope, nearly_inverse, 2 * float(slope @ ahead))
        there = there or _towards(panel, here, -ahead, -2 * float(slope @ ahead))[0]
        if there is None:
            break  # F falls by rounding only
        here = there
    return here


def _newton(
    panel: IncompletePanel,
    here: Completed,
    slope: FloatArray,
    nearly_inverse: RowSolver,
    sure: float,
) -> Completed | None:
    """A truncated Newton step, shortened where F does not fall; None when no step that
    promises more than `sure`, what is sure to be had otherwise, keeps its promise."""
    step = newton_step(
        here.spectrum, here.rows, panel.missing, len(panel.alpha), slope, nearly_inverse
    )
    promised, length = 2 * float(slope @ step), 1.0
    while -length * promised > sure:
        there, rise = _towards(panel, here, length * step, length * promised)
        if there is not None:
            return there
        # the parabola through both ends and the slope has its lowest point here
        bend = rise - length * promised
        length *= min(0.5, max(0.1, -0.5 * length * promised / bend))
    return None


def _towards(
    panel: IncompletePanel, here: Completed, step: FloatArray, promised: float
) -> tuple[Completed | None, float]:
    """The point a step away unless F falls by less than a share of what the slope promises;
    and by how much F rises."""
    there = panel.at(here.values + step, here.spectrum.threshold)
    height = here.spectrum.envelope
    rise = there.spectrum.envelope - height
    return (there if rise <= ENOUGH * promised + ROUNDING * height else None), rise
