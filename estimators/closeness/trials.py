"""Scores of triples (λ_time, λ_unit, λ_nn) on folds, at the least work that compares them.

    score = mean over folds of (placebo att)²,  or mean over cells of squared errors

The folds that were hardest for the first candidate come first, and a candidate is stopped once the
errors so far exceed what it would need. Without rates all cells weigh the same and the fit is
matrix completion: it is solved over the missing cells alone (solvers/completion.py), each fold
from its last solution on; a weighted fit begins at the fold's last factors.

Source: ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from estimators.core.coordinate_search import Point, Scored
from estimators.core.panel import FloatArray
from estimators.core.parallel import in_order
from estimators.solvers.completion import complete
from estimators.solvers.incomplete_panel import Completed, IncompletePanel
from estimators.solvers.low_rank import require_certified
from estimators.solvers.target_fits import Grid, Targets, fit_targets

TOLERANCE = 1e-5  # settings are compared, not published, at this duality gap
BATCH = 8  # folds scored between two looks at whether a candidate can still win

Weighting = Callable[[float, float], Targets]  # of λ_time, λ_unit


@dataclass(frozen=True, eq=False)
class Fold:
    """grid: what may be learned from      targets: weightings of its cells, given the rates
    truth: (N, T) standardised outcomes of those cells, nan elsewhere
    by_cell: whether every cell's error is squared, or the error of their mean
    """

    grid: Grid
    targets: Weighting
    truth: FloatArray
    by_cell: bool

    @property
    def cells(self) -> int:
        """How many are scored."""
        return int(np.isfinite(self.truth).sum())


class Trials:
    """Scores of triples on the same folds."""

    def __init__(self, folds: Sequence[Fold]) -> None:
        self.folds = list(folds)
        self.order = list(range(len(folds)))
        self.starts: list[tuple[FloatArray, FloatArray] | None] = [None] * len(folds)
        self.targets: list[dict[tuple[bool, bool], Targets]] = [{} for _ in folds]
        self.completions: list[tuple[IncompletePanel, Completed] | None] = [None] * len(folds)
        self.ranked = False

    def score(self, point: Point, needed: float) -> Scored:
        """Mean squared error, by fold or by cell; stopped when it cannot be below `needed`."""
        total = self._count(self.order)
        errors: dict[int, FloatArray] = {}
        value = 0.0
        binds = not np.isfinite(point[2])
        for first in range(0, len(self.order), BATCH):
            batch = self.order[first : first + BATCH]
            for k, (squares, rank) in zip(
                batch, in_order(lambda k: self._errors(k, point), batch), strict=True
            ):
                errors[k] = squares
                binds = binds or rank > 0
            # Summed by fold, in one order, so that a score does not depend on the ranking.
            value = float(sum(errors[k].sum() for k in sorted(errors))) / total
            if value >= needed and len(errors) < len(self.order):
                return Scored(value, len(errors), complete=False, binds=binds)
        if not self.ranked:
            self.order.sort(key=lambda k: (-errors[k].mean(), k))
            self.ranked = True
        return Scored(value, len(errors), binds=binds)

    def _count(self, folds: Sequence[int]) -> int:
        return sum(self.folds[k].cells if self.folds[k].by_cell else 1 for k in folds)

    def _errors(self, k: int, point: Point) -> tuple[FloatArray, int]:
        fold, (time, unit, penalty) = self.folds[k], point
        targets = self._targets(k, time, unit)
        if np.isfinite(penalty) and self._equal(k, point):
            values, rank = self._completed(k, targets, penalty)
        else:
            found = fit_targets(
                fold.grid, targets, time, unit, penalty, TOLERANCE, start=self.starts[k]
            )
            if found.rank:
                self.starts[k] = found.left, found.right
            values, rank = found.values, found.rank
        gaps = fold.truth[targets.units, targets.periods] - values
        squares = gaps**2 if fold.by_cell else np.array([gaps.mean() ** 2])
        return squares, rank

    def _targets(self, k: int, time: float, unit: float) -> Targets:
        """Which cells share a fit depends on which rates there are, not on how large they are."""
        kind = time > 0, unit > 0
        if kind not in self.targets[k]:
            self.targets[k][kind] = self.folds[k].targets(time, unit)
        return self.targets[k][kind]

    def _equal(self, k: int, point: Point) -> bool:
        """Whether the fold has one fit, in which every cell weighs the same."""
        equal = not point[0] and not point[1] and not len(self.folds[k].grid.covariates)
        return equal and not self._targets(k, 0.0, 0.0).held.any()

    def _completed(self, k: int, targets: Targets, penalty: float) -> tuple[FloatArray, int]:
        """The values of the cells by matrix completion, and its rank."""
        grid, known = self.folds[k].grid, self.completions[k]
        problem, last = known or (IncompletePanel(grid.outcome, grid.usable > 0), None)
        found = complete(problem, penalty, start=last, tolerance=TOLERANCE, still=np.inf)
        require_certified(found, TOLERANCE)
        self.completions[k] = problem, found
        surface = np.full(grid.outcome.size, np.nan)
        surface[problem.cells] = problem.predicted(found)
        at = np.ravel_multi_index((targets.units, targets.periods), grid.outcome.shape)
        return surface[at], found.spectrum.rank
