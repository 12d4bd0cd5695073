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

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from estimators.core.panel import BoolArray, FloatArray, IntArray
from estimators.solvers.certificate import filled_gap
from estimators.solvers.missing_cells import MissingCells, RowSolver
from estimators.solvers.newton import newton_step
from estimators.solvers.spectrum import Spectrum
from estimators.solvers.two_way import TwoWay, mean_of

Cell = TypeVar("Cell", bound=np.generic)

SETTLED = 1e-10  # a step this small, as a share of the residuals' spread, moves no digit we promise
WIDE = 1e3  # ‖X‖ as a multiple of λ beyond which a Gram matrix, X squared, loses what λ is about
STEPS = 100
ENOUGH = 1e-4  # of the decrease that the slope promises
ROUNDING = 1e-13  # of F: what its computation may be off


@dataclass(frozen=True, eq=False)
class Completed:
    """Missing cells, filled.

    values: around the two-way fit, in the order of Completion.cells
    rows: (k, T) rows of X with missing cells      means: (T,) column means taken out of them
    spectrum: of X
    gap: of F above the optimum at most, as a share of the loss at L = 0      steps: Newton's
    """

    values: FloatArray
    rows: FloatArray
    means: FloatArray
    spectrum: Spectrum
    gap: float = np.inf
    steps: int = 0


class Completion:
    """The usable cells of one panel, made ready for any λ. It keeps no copy of the panel.

    outcome: (N, T), read in usable cells only      usable: O (N, T)
    least: the smallest λ that will be asked for, where it may be tiny
    """

    def __init__(self, outcome: FloatArray, usable: BoolArray, least: float = np.inf) -> None:
        self.some_rows: BoolArray = np.asarray(usable.any(axis=1))
        self.some_columns: BoolArray = np.asarray(usable.any(axis=0))
        self.flipped = int(self.some_rows.sum()) < int(self.some_columns.sum())
        Y, usable = self._oriented(outcome), self._oriented(usable)
        two_way = TwoWay(usable)
        self.system, self.incomplete = two_way.system, two_way.incomplete
        self.level = float(mean_of(Y, usable))
        self.alpha, self.beta = two_way.fit(Y, self.level)
        left = self._left(outcome)
        left[~usable] = 0.0
        self.loss = max(float(np.vdot(left, left)), 1e-300)
        self.spread = (self.loss / max(int(usable.sum()), 1)) ** 0.5
        rows = self.incomplete
        self.known, self.usable = left[rows], usable[rows]
        self.missing = MissingCells(~self.usable)
        left[rows] = 0.0
        self.sums = left.sum(axis=0)
        self.gram: FloatArray = left.T @ left
        self.root: FloatArray | None = None
        if self.loss**0.5 > WIDE * least:
            self.root = _root(left[two_way.complete])

    @cached_property
    def cells(self) -> IntArray:
        """Positions of the missing cells in the panel, counted row by row: what `values` fill.

        Units and periods without a usable cell have none.
        """
        rows, columns = np.divmod(self.missing.flat, self.missing.shape[1])
        rows = self.incomplete[rows]
        units, periods = (columns, rows) if self.flipped else (rows, columns)
        first = np.flatnonzero(self.some_rows)[units] * len(self.some_columns)
        return np.asarray(first + np.flatnonzero(self.some_columns)[periods])

    @cached_property
    def start(self) -> Completed:
        """The two-way fit, which is the solution at λ = ∞: zeros."""
        return replace(self._at(np.zeros(len(self.missing.flat)), np.inf), gap=0.0)

    @property
    def largest_penalty(self) -> float:
        """The smallest λ at which L = 0."""
        return 2 * float(max(self.start.spectrum.values[-1], 0.0)) ** 0.5

    def solve(
        self,
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
            return self.start
        here = self.start if start is None else start
        here = replace(here, spectrum=replace(here.spectrum, threshold=0.5 * penalty))
        for step in range(STEPS + 1):
            residual = here.rows - here.spectrum.low_rank(here.rows)
            slope = residual.ravel()[self.missing.flat]
            nearly_inverse = self.missing.solver(here.spectrum)
            complete = len(self.alpha) - len(self.incomplete)
            gap = filled_gap(self.system, complete, self.usable, here.rows, residual, here.spectrum)
            here = replace(here, gap=gap / self.loss, steps=step)
            ahead = nearly_inverse(slope)
            moves = float(np.linalg.norm(ahead)) / max(len(ahead), 1) ** 0.5
            if step == STEPS or (here.gap <= tolerance and moves <= still * self.spread):
                break
            there = None
            if start is not None or step > 0:
                there = self._newton(here, slope, nearly_inverse, 2 * float(slope @ ahead))
            there = there or self._towards(here, -ahead, -2 * float(slope @ ahead))[0]
            if there is None:
                break  # F falls by rounding only
            here = there
        return here

    def begin(self, surface: FloatArray) -> Completed:
        """A point to start from: the missing cells as on a surface (N, T), where it has them."""
        values = surface.ravel()[self.cells] - self.level - self._two_way
        return self._at(np.nan_to_num(values), np.inf)

    def shared(self, found: Completed) -> Spectrum | None:
        """What a solution knows about periods, if they are the shorter side."""
        return None if self.flipped else found.spectrum

    def like(self, other: Spectrum) -> Completed | None:
        """A point to start from: each row completed by the spectrum of another panel over the same
        periods; None where its periods are others."""
        if self.flipped or len(other.values) != self.missing.shape[1]:
            return None
        rows = self.known - self.known.mean(axis=1, keepdims=True)
        slope = (rows - other.low_rank(rows)).ravel()[self.missing.flat]
        return self._at(-self.missing.solver(other)(slope), other.threshold)

    def predicted(self, found: Completed) -> FloatArray:
        """Ŷ in `cells`, in the outcome's measure."""
        return np.asarray(self._two_way + found.values + self.level)

    def parts(
        self, outcome: FloatArray, found: Completed
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """α (N,), β (T,), U (N, r), V (T, r) of the solution, L = U Vᵀ with factors of equal
        length; nan in units and periods without a usable cell."""
        left, incomplete = self._left(outcome), self.incomplete
        filled = self._filled(found.values)
        own = filled.mean(axis=1)
        left[incomplete] = filled - own[:, None]
        left -= found.means
        alpha = self.alpha + self.level
        alpha[incomplete] += own
        spectrum = found.spectrum
        length = np.sqrt(spectrum.singular - spectrum.threshold)
        units, periods = spectrum.above * (length / spectrum.singular), spectrum.above * length
        U, V = left @ units, periods
        beta = self.beta + found.means
        if self.flipped:
            alpha, beta, U, V = beta, alpha, V, U
        rows, columns = self.some_rows, self.some_columns
        return (
            _with_gaps(alpha, rows), _with_gaps(beta, columns),
            _with_gaps(U, rows), _with_gaps(V, columns),
        )  # fmt: skip

    @cached_property
    def _two_way(self) -> FloatArray:
        rows, columns = np.divmod(self.missing.flat, self.missing.shape[1])
        return np.asarray(self.alpha[self.incomplete[rows]] + self.beta[columns])

    def _oriented(self, array: npt.NDArray[Cell]) -> npt.NDArray[Cell]:
        if not (self.some_rows.all() and self.some_columns.all()):
            array = array[np.ix_(self.some_rows, self.some_columns)]
        return np.ascontiguousarray(array.T) if self.flipped else array

    def _left(self, outcome: FloatArray) -> FloatArray:
        left = self._oriented(outcome) - self.level
        left -= self.alpha[:, None]
        left -= self.beta
        return left

    def _filled(self, values: FloatArray) -> FloatArray:
        filled = self.known.copy()
        filled.ravel()[self.missing.flat] = values
        return filled

    def _at(self, values: FloatArray, threshold: float) -> Completed:
        rows = self._filled(values)
        rows -= rows.mean(axis=1, keepdims=True)
        count = len(self.alpha)
        means = (self.sums + rows.sum(axis=0)) / count
        centred = rows - means
        if self.root is None:
            gram = self.gram + rows.T @ rows - count * np.outer(means, means)
            return Completed(values, centred, means, Spectrum(*np.linalg.eigh(gram), threshold))
        complete = count - len(rows)
        off = (self.sums / max(complete, 1) - means) * complete**0.5
        stack = np.vstack((self.root, off, centred))
        stack = np.pad(stack, ((0, max(0, stack.shape[1] - len(stack))), (0, 0)))
        _, singular, vectors = np.linalg.svd(stack, full_matrices=False)
        spectrum = Spectrum(singular[::-1] ** 2, np.ascontiguousarray(vectors[::-1].T), threshold)
        return Completed(values, centred, means, spectrum)

    def _newton(
        self, here: Completed, slope: FloatArray, nearly_inverse: RowSolver, sure: float
    ) -> Completed | None:
        """A truncated Newton step, shortened where F does not fall; None when no step that
        promises more than `sure`, what is sure to be had otherwise, keeps its promise."""
        step = newton_step(
            here.spectrum, here.rows, self.missing, len(self.alpha), slope, nearly_inverse
        )
        promised, length = 2 * float(slope @ step), 1.0
        while -length * promised > sure:
            there, rise = self._towards(here, length * step, length * promised)
            if there is not None:
                return there
            # the parabola through both ends and the slope has its lowest point here
            bend = rise - length * promised
            length *= min(0.5, max(0.1, -0.5 * length * promised / bend))
        return None

    def _towards(
        self, here: Completed, step: FloatArray, promised: float
    ) -> tuple[Completed | None, float]:
        """The point a step away unless F falls by less than a share of what the slope promises;
        and by how much F rises."""
        there = self._at(here.values + step, here.spectrum.threshold)
        height = here.spectrum.envelope
        rise = there.spectrum.envelope - height
        return (there if rise <= ENOUGH * promised + ROUNDING * height else None), rise


def _root(complete: FloatArray) -> FloatArray:
    """R with RᵀR the Gram matrix of complete rows around their mean, never squared."""
    if not len(complete):
        return complete
    return np.asarray(np.linalg.qr(complete - complete.mean(axis=0), mode="r"))


def _with_gaps(array: FloatArray, some: BoolArray) -> FloatArray:
    if some.all():
        return array
    whole = np.full((len(some), *array.shape[1:]), np.nan)
    whole[some] = array
    return whole
