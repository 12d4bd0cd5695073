"""Matrix completion with nuclear-norm minimisation (MC, MC-NNM).

    minimise Σ_{usable} (Y_it − α_i − β_t − L_it)² + λ ‖L‖_*        Ŷ_it(0) = α̂_i + β̂_t + L̂_it

α and β are not penalised. λ is in the outcome's measure and belongs to the summed loss: it is |O|
times the λ of the original package, which averages the loss over the |O| usable cells.

λ is tuned on folds that imitate the treatment: for runs of treatment its own pattern placed on
never-treated units (scored by the squared placebo ATT), for on/off treatment scattered cells
(scored cell by cell). The path starts at the λ that leaves no factors and goes down by half
octaves; a smaller λ must be better by 1 % to be chosen, and two in a row that are not end it.

Source: Athey, Bayati, Doudchenko, Imbens and Khosravi (2021), equations 4.3–4.4. Departures: folds
as above instead of five random 80 % subsets, which under-regularise where treatment comes in
blocks; a certified solver instead of a fixed number of soft-thresholding steps.
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np

from estimators.core.designs import require_identified
from estimators.core.fit import Fit, Tuning
from estimators.core.folds import Folds, imitating_folds, path_search
from estimators.core.panel import Panel
from estimators.core.parallel import in_order
from estimators.solvers.low_rank import LowRank, largest_penalty, two_way_low_rank

STEP = 2**0.5
PATH = 20  # candidates at most: down to λ_max / 1024
ROUNDING = 1e-9  # a two-way fit this good, as a share of the spread, is exact
TUNING_TOLERANCE = 1e-6  # settings are compared, not published, at this duality gap


@dataclass(frozen=True)
class MatrixCompletion:
    """Two-way effects and a low-rank part.

    lambda_nn: penalty λ above; np.inf for none of the low-rank part; tune() sets it
    folds: placed patterns, or groups of scattered cells, that score a candidate
    tolerance: duality gap as a share of the loss without factors
    """

    name: ClassVar[str] = "mc"
    lambda_nn: float | None = None
    folds: int = 40
    seed: int = 0
    tolerance: float = 1e-9
    tuning: Tuning | None = field(default=None, compare=False)

    def tune(self, panel: Panel) -> Self:
        """λ by cross-validation, unless it is given.

        Raises UnsupportedDesign when a treated cell has no comparison.
        """
        require_identified(panel, self.name)
        if self.lambda_nn is not None:
            return self
        cells = max(1, int(panel.usable.sum()) // 20)
        folds = imitating_folds(panel, self.folds, self.seed, cells_per_fold=cells)
        level = float(panel.outcome[panel.usable].mean())
        start = largest_penalty(panel.outcome - level, panel.usable)
        spread = float(np.linalg.norm(panel.outcome[panel.usable] - level))
        # Where two-way effects leave rounding errors only, there is nothing for factors to fit.
        steps = PATH if start > ROUNDING * spread else 0
        path = [np.inf, *(start / STEP**k for k in range(1, steps + 1))]
        best, tried = path_search(path, _Scores(folds).score)
        candidates = tuple(({"lambda_nn": value}, score) for value, score in tried)
        tuning = Tuning(folds.rule, len(folds.panels), folds.measure, candidates)
        return replace(self, lambda_nn=best, tuning=tuning)

    def for_placebos(self, panel: Panel) -> Self:
        """Itself."""
        return self

    def problems(self, panel: Panel) -> int:
        """One problem for all treated cells."""
        return 1

    def fit(self, panel: Panel) -> Fit:
        """(N, T), finite where units and periods have usable cells."""
        if self.lambda_nn is None:
            return self.tune(panel).fit(panel)
        require_identified(panel, self.name)
        found, level = _complete(panel, self.lambda_nn, self.tolerance, None)
        return Fit(found.surface() + level, (), found.sweeps, max(found.gap, 0.0))


class _Scores:
    """Scores penalties from large to small, each fold starting from its last solution."""

    def __init__(self, folds: Folds) -> None:
        self.folds = folds
        self.last: list[LowRank | None] = [None] * len(folds.panels)

    def score(self, penalty: float) -> float:
        found = in_order(
            lambda k: _complete(self.folds.panels[k], penalty, TUNING_TOLERANCE, self.last[k]),
            range(len(self.last)),
        )
        self.last = [solution for solution, _ in found]
        return self.folds.score([Fit(solution.surface() + level) for solution, level in found])


def _complete(
    panel: Panel, penalty: float, tolerance: float, start: LowRank | None
) -> tuple[LowRank, float]:
    """The solution around the mean of usable cells, and that mean."""
    level = float(panel.outcome[panel.usable].mean())
    outcome = panel.outcome - level
    return two_way_low_rank(outcome, panel.usable, penalty, start=start, tolerance=tolerance), level
