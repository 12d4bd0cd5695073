"""Matrix completion with nuclear-norm minimisation (MC, MC-NNM).

    minimise Σ_{usable} (Y_it − α_i − β_t − L_it)² + λ ‖L‖_*        Ŷ_it(0) = α̂_i + β̂_t + L̂_it

α and β are not penalised. λ is in the outcome's measure and belongs to the summed loss: it is |O|
times the λ of the original package, which averages the loss over the |O| usable cells.

λ is tuned on folds that imitate the treatment: for runs of treatment its own pattern placed on
never-treated units (scored by the squared placebo ATT), for on/off treatment scattered cells
(scored cell by cell). The path starts at the λ that leaves no factors and goes down by half
octaves; a smaller λ must be better by 1 % to be chosen, and two in a row that are not end it.
cross_validation="independent" is the original package's rule instead: five subsets, each
of every usable cell with probability 0.8, a grid from its largest λ to a thousandth of it, and
the λ whose mean squared error over the left-out cells is least.

Source: Athey, Bayati, Doudchenko, Imbens and Khosravi (2021), equations 4.3–4.4; for the
independent rule their package MCPanel, mcnnm_cv. Departures: folds that imitate the treatment are
the default, because random cells under-regularise where treatment comes in blocks; a certified
solver instead of a fixed number of soft-thresholding steps; λ = 0, the last of their grid, is
interpolation and is left out; a left-out cell that nothing determines is not scored.
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, Self

import numpy as np

from estimators.core.designs import identified, require_identified
from estimators.core.fit import Fit, Tuning
from estimators.core.folds import (
    Folds,
    imitating_folds,
    independent_folds,
    nothing_to_score,
    path_search,
)
from estimators.core.null_panel import one_more_period
from estimators.core.panel import FloatArray, Panel
from estimators.core.parallel import in_order
from estimators.core.threads import one_thread
from estimators.solvers.completion import SETTLED, complete
from estimators.solvers.incomplete_panel import Completed, IncompletePanel
from estimators.solvers.low_rank import require_certified
from estimators.solvers.spectrum import Spectrum

STEP = 2**0.5
PATH = 20  # candidates at most: down to λ_max / 1024
ROUNDING = 1e-9  # a two-way fit this good, as a share of the spread, is exact
TUNING_TOLERANCE = 1e-6  # settings are compared, not published, at this duality gap
SUBSETS, KEPT = 5, 0.8  # of the independent rule
NEAR = 1e-6  # how still the cells of a placebo stand, as a share of the residuals' spread
LEAST = 1e-3  # smallest λ of the independent rule, as a share of its largest
HELD = 40_000_000  # cells that folds of scattered cells may hold between them


@dataclass(frozen=True)
class MatrixCompletion:
    """Two-way effects and a low-rank part.

    lambda_nn: penalty λ above; np.inf for none of the low-rank part; tune() sets it
    cross_validation: folds that imitate the treatment, or the original package's random ones
    folds: placed patterns, or groups of scattered cells, that score a candidate (imitating); on
        panels of more than a million cells fewer groups of scattered cells
    penalties: length of the grid (independent); the last, zero, is left out
    tolerance: duality gap as a share of the loss without factors
    """

    name: ClassVar[str] = "mc"
    lambda_nn: float | None = None
    cross_validation: Literal["imitating", "independent"] = "imitating"
    folds: int = 40
    penalties: int = 100
    seed: int = 0
    tolerance: float = 1e-9
    tuning: Tuning | None = field(default=None, compare=False)
    base: Spectrum | None = field(default=None, compare=False, repr=False)

    def tune(self, panel: Panel) -> Self:
        """λ by cross-validation, unless it is given.

        Raises UnsupportedDesign when a treated cell has no comparison.
        """
        require_identified(panel, self.name)
        if self.lambda_nn is not None:
            return self
        if self.cross_validation == "independent":
            best, tuning = _independent(panel, self.penalties, self.seed)
        else:
            best, tuning = _imitating(panel, self.folds, self.seed)
        return replace(self, lambda_nn=best, tuning=tuning)

    def for_placebos(self, panel: Panel) -> Self:
        """Begun at what this panel's fit knows about periods; cells settled to six digits."""
        if self.lambda_nn is None or not np.isfinite(self.lambda_nn):
            return self
        with one_thread():
            problem = IncompletePanel(panel.outcome, panel.usable, self.lambda_nn)
            found = complete(problem, self.lambda_nn, start=None, tolerance=self.tolerance)
        return replace(self, base=problem.shared(found))

    def problems(self, panel: Panel) -> int:
        """One problem for all treated cells."""
        return 1

    def fit(self, panel: Panel) -> Fit:
        """(N, T), finite where units and periods have usable cells."""
        if self.lambda_nn is None:
            return self.tune(panel).fit(panel)
        require_identified(panel, self.name)
        with one_thread():
            problem = IncompletePanel(panel.outcome, panel.usable, self.lambda_nn)
            begin = None if self.base is None else problem.like(self.base)
            found = complete(
                problem,
                self.lambda_nn,
                start=begin,
                tolerance=self.tolerance,
                still=SETTLED if self.base is None else NEAR,
            )
            require_certified(found, self.tolerance)
            alpha, beta, left, right = problem.parts(panel.outcome, found)
            counterfactual = left @ right.T
        counterfactual += alpha[:, None]
        counterfactual += beta
        counterfactual.ravel()[problem.cells] = problem.predicted(found)
        return Fit(counterfactual, (), found.steps, max(found.gap, 0.0))

    def fit_under_null(self, panel: Panel) -> FloatArray:
        """(N, T) completed from all observed cells, treated ones too, with the tuned λ."""
        return self.fit(one_more_period(panel, "missing")).counterfactual[:, :-1]


def _imitating(panel: Panel, count: int, seed: int) -> tuple[float, Tuning]:
    """Down a path, as long as λ keeps paying."""
    cells = max(1, int(panel.usable.sum()) // 20)
    held = max(SUBSETS, HELD // panel.outcome.size)
    folds = imitating_folds(panel, count, seed, cells_per_fold=cells, scattered=min(count, held))
    start = _largest(panel)
    path = [np.inf, *(start / STEP**k for k in range(1, PATH + 1))] if start > 0 else [np.inf]
    scored = _ready(folds, panel)
    best, tried = path_search(
        path, lambda penalty: folds.loss(in_order(lambda fold: fold.errors(penalty), scored))
    )
    candidates = tuple(({"lambda_nn": value}, score) for value, score in tried)
    return best, Tuning(folds.rule, len(scored), folds.measure, candidates)


def _independent(panel: Panel, penalties: int, seed: int) -> tuple[float, Tuning]:
    """The best of a grid. λ is averaged, as in the package, until it leaves here."""
    folds = independent_folds(panel, SUBSETS, KEPT, seed)
    subsets = _ready(folds, panel)
    largest = max(subset.problem.largest_penalty / subset.cells for subset in subsets)
    if _largest(panel) == 0.0:
        grid = np.array([np.inf])
    else:
        grid = largest * np.logspace(0.0, np.log10(LEAST), penalties - 1)
    scores = in_order(
        lambda subset: [np.mean(subset.errors(value * subset.cells) ** 2) for value in grid],
        subsets,
    )
    mean = np.mean(scores, axis=0)
    values = [float(value) for value in grid * int(panel.usable.sum())]
    candidates = tuple(
        ({"lambda_nn": value}, float(score)) for value, score in zip(values, mean, strict=True)
    )
    tuning = Tuning(folds.rule, len(subsets), folds.measure, candidates)
    return values[int(np.argmin(mean))], tuning


def _largest(panel: Panel) -> float:
    """The smallest λ that leaves no factors; zero where two-way effects leave rounding errors."""
    with one_thread():
        largest = IncompletePanel(panel.outcome, panel.usable).largest_penalty
    data = panel.outcome[panel.usable]
    spread = float(np.linalg.norm(data - data.mean()))
    return largest if largest > ROUNDING * spread else 0.0


def _ready(folds: Folds, panel: Panel) -> "list[_Fold]":
    """The folds that can be scored."""
    ready = in_order(lambda k: _Fold(folds.panels[k]), range(len(folds.panels)))
    ready = [fold for fold in ready if len(fold.truth)]
    if not ready:
        raise nothing_to_score(panel)
    return ready


class _Fold:
    """One fold without its panel: what its scored cells were, and its last solution."""

    def __init__(self, panel: Panel) -> None:
        self.problem = IncompletePanel(panel.outcome, panel.usable)
        self.cells = int(panel.usable.sum())
        scored = panel.treatment & panel.observed & identified(panel)
        self.scored = scored.ravel()[self.problem.cells]
        self.truth = panel.outcome.ravel()[self.problem.cells[self.scored]]
        self.last: Completed | None = None

    def errors(self, penalty: float) -> FloatArray:
        """Y − Ŷ in the scored cells, begun at the last solution."""
        self.last = complete(
            self.problem, penalty, start=self.last, tolerance=TUNING_TOLERANCE, still=np.inf
        )
        require_certified(self.last, TUNING_TOLERANCE)
        return np.asarray(self.truth - self.problem.predicted(self.last)[self.scored])
