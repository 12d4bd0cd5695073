"""One panel with missing cells, reduced to what completion.py needs of it.

Two-way effects of the usable cells are taken out first, so that the numbers that fill the missing
cells are deviations, zero being the two-way fit. Then the panel is turned so that its shorter side
is the columns (T of them, whether periods or units), and of the complete rows only their T × T Gram
matrix and their sums are kept. Units and periods without a usable cell are set aside.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from estimators.core.panel import BoolArray, FloatArray, IntArray
from estimators.solvers.filled_panel import fill, residual_of
from estimators.solvers.missing_cells import MissingCells, preconditioner, solve_rows
from estimators.solvers.spectrum import Spectrum
from estimators.solvers.two_way import TwoWay, mean_of

Cell = TypeVar("Cell", bound=np.generic)

WIDE = 1e3  # ‖X‖ as a multiple of λ beyond which a Gram matrix, X squared, loses what λ is about


@dataclass(frozen=True, eq=False)
class Completed:
    """Missing cells, filled.

    values: around the two-way fit, in the order of IncompletePanel.cells
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


class IncompletePanel:
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
        return replace(self.at(np.zeros(len(self.missing.flat)), np.inf), gap=0.0)

    @property
    def largest_penalty(self) -> float:
        """The smallest λ at which L = 0."""
        return 2 * float(max(self.start.spectrum.values[-1], 0.0)) ** 0.5

    def begin(self, surface: FloatArray) -> Completed:
        """A point to start from: the missing cells as on a surface (N, T), where it has them."""
        values = surface.ravel()[self.cells] - self.level - self._two_way
        return self.at(np.nan_to_num(values), np.inf)

    def shared(self, found: Completed) -> Spectrum | None:
        """What a solution knows about periods, if they are the shorter side."""
        return None if self.flipped else found.spectrum

    def like(self, other: Spectrum) -> Completed | None:
        """A point to start from: each row completed by the spectrum of another panel over the same
        periods; None where its periods are others."""
        if self.flipped or len(other.values) != self.missing.shape[1]:
            return None
        rows = self.known - self.known.mean(axis=1, keepdims=True)
        vectors, singular = np.ascontiguousarray(other.vectors.T), other.singular
        nearly = preconditioner(self.compiled, vectors, singular, other.threshold)
        slope = residual_of(rows, vectors, singular, other.threshold).ravel()[self.missing.flat]
        return self.at(-solve_rows(self.compiled, nearly, slope), other.threshold)

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

    def at(self, values: FloatArray, threshold: float) -> Completed:
        """The point with these missing cells, under a threshold τ."""
        return self.point((values, *fill(self.compiled, values)), threshold)

    @staticmethod
    def point(there: tuple[FloatArray, ...], threshold: float) -> Completed:
        """The same, from what the compiled loops hold."""
        values, rows, means, squares, vectors = there
        return Completed(values, rows, means, Spectrum(squares, vectors.T, threshold))

    @cached_property
    def compiled(self) -> tuple[Any, ...]:
        """What the compiled loops read: filled_panel.py, newton.py, missing_cells.py."""
        missing, rooted = self.missing, self.root is not None
        root = self.root if self.root is not None else np.empty((0, len(self.sums)))
        return (
            self.gram, self.sums, root, rooted, len(self.alpha), self.known, self.usable,
            missing.flat, missing.masks, missing.pattern, missing.row_starts,
            self.system.factor, self.system.scale,
        )  # fmt: skip


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
