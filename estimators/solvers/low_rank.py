"""Two-way effects plus a low-rank part, under weights: the problem inside MC and DWCP.

    minimise  Σ_it w_it (Y_it − α_i − β_t − L_it)² + λ ‖L‖_*      w_it = a_i b_t O_it

O marks usable cells, a and b are unit and period weights. λ = ∞ means no low-rank part, and the
answer is the weighted two-way fit in closed form. λ = 0 would be interpolation and is refused.

Equal weights leave a smooth convex problem in the cells that are not usable alone, which
completion.py solves by Newton steps. Otherwise: with ‖L‖_* = min ½(‖U‖² + ‖V‖²) over L = U Vᵀ,
and (α, β) free, the problem is solved in three exact block steps per sweep: (α, β) given L, then
(U, α) given (V, β), then (V, β) given (U, α), all of them small ridge regressions, with Anderson
acceleration over sweeps. The rank is not chosen: it grows by the directions in which the gradient
G = w∘(Y − α − β − L) violates the optimality condition ‖G‖₂ ≤ λ/2. Where the rank becomes large,
or a saddle of the factor problem holds the sweeps up, accelerated soft-thresholding of singular
values takes over: slower by step, but convex. Either way the answer carries a duality gap that
proves it:

    dual point  Z = 2 s G,  s = min(1, λ / 2‖G‖₂);     D = 2s⟨G, Y⟩ − s² Σ w R²

Z has zero row and column sums because (α, β) are exact, so D bounds the optimum from below.

Source: Hastie, Mazumder, Lee, Zadeh (2015), "Matrix completion and low-rank SVD via fast
alternating least squares", for both forms; Srebro, Rennie, Jaakkola (2005) for the
identity; Walker and Ni (2011) for Anderson acceleration; the certificate is Fenchel duality.
"""

from dataclasses import dataclass

import numpy as np

from estimators.core.errors import NotConverged
from estimators.core.panel import BoolArray, FloatArray
from estimators.core.threads import one_thread
from estimators.solvers.completion import complete
from estimators.solvers.factors import descend
from estimators.solvers.incomplete_panel import Completed, IncompletePanel
from estimators.solvers.problem import Problem, Solution
from estimators.solvers.two_way import TwoWay

TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class LowRank:
    """A solved problem. unit_effects (N,), period_effects (T,), left (N, r), right (T, r)."""

    unit_effects: FloatArray
    period_effects: FloatArray
    left: FloatArray
    right: FloatArray
    gap: float
    sweeps: int

    def surface(self) -> FloatArray:
        """(N, T) α_i + β_t + L_it; nan in rows and columns without a usable cell."""
        two_way = self.unit_effects[:, None] + self.period_effects
        return np.asarray(two_way + self.left @ self.right.T)


def two_way_low_rank(
    outcome: FloatArray,
    usable: BoolArray,
    penalty: float,
    *,
    unit_weights: FloatArray | None = None,
    period_weights: FloatArray | None = None,
    start: LowRank | None = None,
    tolerance: float = TOLERANCE,
    max_sweeps: int = 20_000,
) -> LowRank:
    """Solve the problem above.

    outcome: (N, T); values outside `usable` are ignored, nan included
    penalty: λ, in the outcome's measure times the weights'; np.inf for no low-rank part
    tolerance: duality gap to reach, as a share of the objective at L = 0

    Raises NotConverged when the gap is not reached, ValueError when λ ≤ 0.
    """
    if not penalty > 0:
        raise ValueError(f"penalty must be positive (np.inf for no low-rank part), not {penalty}")
    n_units, n_periods = outcome.shape
    a = np.ones(n_units) if unit_weights is None else np.asarray(unit_weights, dtype=np.float64)
    b = np.ones(n_periods) if period_weights is None else np.asarray(period_weights, np.float64)
    if not np.isfinite(penalty):
        with one_thread():
            return _without_factors(outcome, TwoWay(usable, a, b))
    if (a == a[0]).all() and (b == b[0]).all():
        return _equally_weighted(outcome, usable, penalty / float(a[0] * b[0]), start, tolerance)
    filled = np.where(usable, outcome, 0.0)
    flipped = n_periods > n_units  # the longer side is eliminated
    problem = Problem(
        np.ascontiguousarray(filled.T if flipped else filled),
        np.ascontiguousarray(usable.T if flipped else usable),
        b if flipped else a,
        a if flipped else b,
        penalty,
        tolerance,
        max_sweeps,
    )
    with one_thread():
        found = _solved(problem, start, flipped)
    require_certified(found, tolerance)
    no_row, no_column = problem.two_way.empty()
    alpha, beta = np.where(no_row, np.nan, found.alpha), np.where(no_column, np.nan, found.beta)
    if flipped:
        return LowRank(beta, alpha, found.V, found.U, found.gap, found.steps)
    return LowRank(alpha, beta, found.U, found.V, found.gap, found.steps)


def _solved(problem: Problem, start: LowRank | None, flipped: bool) -> Solution:
    n, m = problem.outcome.shape
    nothing = np.empty((n, 0)), np.empty((m, 0))
    if start is None:
        return descend(problem, *nothing)
    begun = descend(problem, *((start.right, start.left) if flipped else (start.left, start.right)))
    # Under these weights the start may be far away: then nothing is nearer.
    return begun if begun.gap <= problem.tolerance else descend(problem, *nothing)


def _without_factors(outcome: FloatArray, two_way: TwoWay) -> LowRank:
    alpha, beta = two_way.fit(outcome)
    no_row, no_column = two_way.empty()
    alpha, beta = np.where(no_row, np.nan, alpha), np.where(no_column, np.nan, beta)
    n, m = outcome.shape
    return LowRank(alpha, beta, np.empty((n, 0)), np.empty((m, 0)), 0.0, 0)


def _equally_weighted(
    outcome: FloatArray,
    usable: BoolArray,
    penalty: float,
    start: LowRank | None,
    tolerance: float,
) -> LowRank:
    with one_thread():
        problem = IncompletePanel(outcome, usable, penalty)
        begin = None if start is None else problem.begin(start.surface())
        found = complete(problem, penalty, start=begin, tolerance=tolerance)
        require_certified(found, tolerance)
        return LowRank(*problem.parts(outcome, found), found.gap, found.steps)


def require_certified(found: Solution | Completed, tolerance: float) -> None:
    """Raise NotConverged when the duality gap is above the tolerance."""
    if found.gap > tolerance:
        raise NotConverged(
            f"low-rank solver: duality gap {found.gap:.1e} of the objective after {found.steps} "
            f"steps, needed {tolerance:.0e}; a larger penalty or tolerance is easier to reach"
        )


def largest_penalty(outcome: FloatArray, usable: BoolArray) -> float:
    """The smallest λ at which L = 0: 2 ‖P_O(Y − α − β)‖₂ at the fitted two-way effects."""
    with one_thread():
        return IncompletePanel(outcome, usable).largest_penalty
