"""The doubly weighted causal panel estimator (DWCP, published as TROP).

Each treated cell (i, t) has its own fit, in which cells count the more the closer they are in
time and the more similar their unit:

    minimise Σ_js θ_s ω_j O_js (Y_js − α_j − β_s − X_js'γ − L_js)² + λ_nn ‖L‖_*

    Ŷ_it(0) = α̂_i + β̂_t + X_it'γ̂ + L̂_it

    θ_s = exp(−λ_time |t − s|)      ω_j = exp(−λ_unit dist(j, i))
    dist(j, i) = root mean square of Y_j − Y_i over periods s ≠ t in which both are usable

O marks usable cells: every treated cell is masked, the target among them. Weights multiply
squared residuals once and are not normalised; λ_nn = ∞ means no low-rank part. The λ are in the
published convention for an outcome with mean 0 and standard deviation 1. Rates of zero give
matrix completion, and with λ_nn = ∞ difference in differences. Treated targets with the same
weights share one fit; pooled, all cells of spells that start and end together do
(closeness/weightings.py). An untreated cell of a treated unit is shown as if it were treated: by a
fit without it. Without rates it is shown by the one fit there is.

λ are tuned by coordinate descent (core/coordinate_search.py): λ_time and λ_unit with λ_nn = ∞,
then λ_nn, then in turn until nothing changes, on folds that imitate the treatment
(closeness/tuning.py has grids, folds and search). Candidates are scored by pooled fits: one for
each group of spells in a fold, as in the authors' code.

Source: Athey, Imbens, Qu and Viviano (2025), "Triply robust panel estimators", equations 2–3, 13
and 14 (covariates), footnote 2 for the search. Departures: folds placed as the treatment was for
runs of treatment, where the paper leaves out single cells (equation 4); standardised by usable
cells only, so that treated outcomes are never data; sampled folds; a gain of less than 3 %
displaces nothing; a unit that shares no usable period with the target counts as the most distant.
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import numpy as np

from estimators.closeness.folds import folds_of
from estimators.closeness.trials import Trials
from estimators.closeness.tuning import search
from estimators.closeness.weightings import by_cell, pooled
from estimators.core.coordinate_search import CoordinateSearch
from estimators.core.designs import identified, require_identified
from estimators.core.fit import Fit, Tuning, Weights
from estimators.core.panel import BoolArray, FloatArray, Panel
from estimators.core.parallel import in_order
from estimators.matrix_completion import MatrixCompletion
from estimators.solvers.spectrum import Spectrum
from estimators.solvers.target_fits import Grid, TargetFits, Targets, fit_targets, grid_of
from estimators.weighting.options import require_choices
from estimators.weighting.residuals import require_distinct

SETTINGS = ("lambda_time", "lambda_unit", "lambda_nn")
SETTLED = 1e-10  # share of itself a published fit still moves by in a sweep
PART = 64  # weightings fitted one after the other, each begun where the last one ended
GIVEN_UP = (
    "; a candidate that can no longer win is given up, and its score is then at least what is shown"
)
LEFT_OUT = "before treatment each cell is predicted by a fit without it, as if it were treated"


@dataclass(frozen=True)
class DoublyWeighted:
    """Two-way effects and a low-rank part, weighted towards the target cell.

    lambda_time, lambda_unit, lambda_nn: as above, for a standardised outcome; tune() sets them
    scale: standard deviation (ddof 0) of the usable outcomes the λ refer to; tune() sets it, and
        placebos keep it
    pooled: one fit for each group of spells that start and end together, not one for each cell
    covariates: ignore, or linear: γ above, not penalised
    scoring: what scores a candidate on placed patterns: pooled fits, of all their cells; or fits by
        cell, as the estimate is made, of some of them
    folds: placed patterns, or tens of cells left out one at a time, that score a candidate
    tolerance: duality gap of each fit, as a share of its loss without factors
    show_untreated: also fit the untreated cells of treated units; placebos do without

    Raises ValueError for any other choice, a negative rate, or a penalty that is not positive.
    """

    name: ClassVar[str] = "dwcp"
    lambda_time: float | None = None
    lambda_unit: float | None = None
    lambda_nn: float | None = None
    scale: float | None = None
    pooled: bool = False
    covariates: Literal["ignore", "linear"] = "ignore"
    scoring: Literal["pooled", "cells"] = "pooled"
    folds: int = 40
    seed: int = 0
    tolerance: float = 1e-9
    show_untreated: bool = True
    tuning: Tuning | None = field(default=None, compare=False)
    base: Spectrum | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        require_choices(self)
        for rate in ("lambda_time", "lambda_unit"):
            value = getattr(self, rate)
            if value is not None and not (0 <= value < np.inf):
                raise ValueError(f"{self.name}: {rate} is a number from 0 up; not {value}")
        if self.lambda_nn is not None and not self.lambda_nn > 0:
            raise ValueError(
                f"{self.name}: lambda_nn is positive, and infinite for no low-rank part; not "
                f"{self.lambda_nn}"
            )

    def tune(self, panel: Panel) -> "DoublyWeighted":
        """Every λ that is not given by cross-validation, and the scale they refer to."""
        require_identified(panel, self.name)
        require_distinct(panel, self.name, self.covariates)
        fixed = replace(self, scale=self.scale or _spread(panel))
        given = (self.lambda_time, self.lambda_unit, self.lambda_nn)
        if None not in given:
            return fixed

        def standard(fold: Panel) -> tuple[Grid, FloatArray]:
            centre, scale, grid = _standardised(fixed, fold)
            return grid, (fold.outcome - centre) / scale

        scoring = "together" if self.pooled else self.scoring
        folds, rule, measure = folds_of(panel, standard, self.folds, self.seed, scoring=scoring)
        (time, unit, penalty), tried = search(Trials(folds), given)
        count = sum(fold.cells for fold in folds) if folds[0].by_cell else len(folds)
        tuning = Tuning(rule + GIVEN_UP, count, measure, _candidates(tried))
        return replace(fixed, lambda_time=time, lambda_unit=unit, lambda_nn=penalty, tuning=tuning)

    def for_placebos(self, panel: Panel) -> "DoublyWeighted":
        """Without the fits of untreated cells, which enter no effect."""
        base = None
        if self.is_completion(panel):
            base = self.completion(panel).for_placebos(panel).base
        return replace(self, show_untreated=False, base=base)

    def problems(self, panel: Panel) -> int:
        """Distinct weightings of the treated cells."""
        scored = panel.treatment & panel.observed
        if not (self.lambda_time or self.lambda_unit):
            return 1
        if self.pooled:
            return len(np.unique(panel.treatment[panel.treated_units], axis=0))
        units = scored.any(axis=1).sum() if not self.lambda_time else 0
        periods = scored.any(axis=0).sum() if not self.lambda_unit else 0
        return max(1, int(units or periods or scored.sum()))

    def fit(self, panel: Panel) -> Fit:
        """(N, T), finite in rows of treated units. Raises UnsupportedDesign or NotConverged."""
        if self.lambda_time is None or self.lambda_unit is None or self.lambda_nn is None:
            return self.tune(panel).fit(panel)
        require_identified(panel, self.name)
        notes = require_distinct(panel, self.name, self.covariates)
        scored = panel.treatment & panel.observed
        imputed = panel.treatment & identified(panel)  # outcomes never matter, not even being there
        shown = imputed | (panel.usable & panel.treated_units[:, None])
        asked = scored if scored.any() else imputed
        return _fit(self, panel, shown if self.show_untreated else asked, asked, notes)

    def leave_one_cell_out(self, panel: Panel) -> FloatArray:
        """(N, T) each usable cell predicted by its own fit without it, for λ that are given.

        nan in cells that are not usable, and where nothing else joins unit and period.
        """
        centre, scale, grid = _standardised(self, panel)
        targets = by_cell(grid, panel.usable, *self._rates)
        predicted = np.full(panel.outcome.shape, np.nan)
        found = self._fitted(grid, targets, self.tolerance)
        predicted[targets.units, targets.periods] = found.values
        return predicted * scale + centre

    def is_completion(self, panel: Panel) -> bool:
        """Whether every cell counts the same, so that this is matrix completion, or DID."""
        covariates = self.covariates == "linear" and panel.covariates is not None
        return not any(self._rates) and not covariates

    def completion(self, panel: Panel) -> MatrixCompletion:
        """The same problem in the outcome's own measure, where that is so."""
        penalty = np.inf if self.lambda_nn is None else self.lambda_nn
        scale = self.scale or _spread(panel)
        return MatrixCompletion(penalty * scale, tolerance=self.tolerance, base=self.base)

    @property
    def _rates(self) -> tuple[float, float]:
        return self.lambda_time or 0.0, self.lambda_unit or 0.0

    def _targets(
        self,
        grid: Grid,
        panel: Panel,
        wanted: BoolArray,
        rates: tuple[float, float],
        scored: BoolArray | None = None,
    ) -> Targets:
        if self.pooled:
            return pooled(grid, panel, wanted, *rates, scored)
        return by_cell(grid, wanted, *rates, scored)

    def _fitted(
        self,
        grid: Grid,
        targets: Targets,
        tolerance: float,
        still: float = np.inf,
    ) -> TargetFits:
        penalty = np.inf if self.lambda_nn is None else self.lambda_nn
        return fit_targets(grid, targets, *self._rates, penalty, tolerance, still=still)


def _standardised(estimator: DoublyWeighted, panel: Panel) -> tuple[float, float, Grid]:
    """Centre and scale, and the panel in them."""
    centre, scale = float(panel.outcome[panel.usable].mean()), estimator.scale or _spread(panel)
    X = panel.covariates if estimator.covariates == "linear" else None
    return centre, scale, grid_of((panel.outcome - centre) / scale, panel.usable, X)


def _fit(
    estimator: DoublyWeighted,
    panel: Panel,
    wanted: BoolArray,
    scored: BoolArray,
    notes: tuple[str, ...],
) -> Fit:
    if estimator.is_completion(panel):
        return _without_rates(estimator, panel, wanted, notes)
    centre, scale, grid = _standardised(estimator, panel)
    targets = estimator._targets(grid, panel, wanted, estimator._rates, scored)
    parts = [
        targets.part(first, min(first + PART, len(targets.path)))
        for first in range(0, len(targets.path), PART)
    ]
    found = in_order(
        lambda part: estimator._fitted(grid, part, estimator.tolerance, SETTLED), parts
    )
    counterfactual = np.full(panel.outcome.shape, np.nan)
    values = np.concatenate([one.values for one in found])
    counterfactual[targets.units, targets.periods] = values * scale + centre
    count = int(scored.sum())
    label = f"average over {count} treated cells"
    units = np.sum([one.unit_weights for one in found], axis=0) / count
    periods = np.sum([one.period_weights for one in found], axis=0) / count
    gamma = np.sum([one.coefficients for one in found], axis=0) / count * scale
    if estimator.show_untreated and targets.held.any():
        notes = (LEFT_OUT, *notes)
    names = panel.covariate_names if len(grid.covariates) else ()
    return Fit(
        counterfactual,
        (Weights(label, units, periods),),
        sum(one.sweeps for one in found),
        max(one.gap for one in found),
        notes,
        coefficients=dict(zip(names, gamma.tolist(), strict=True)),
    )


def _without_rates(
    estimator: DoublyWeighted, panel: Panel, wanted: BoolArray, notes: tuple[str, ...]
) -> Fit:
    """Matrix completion, or DID: one fit with equal weights."""
    found = estimator.completion(panel).fit(panel)
    counterfactual = np.where(wanted, found.counterfactual, np.nan)
    equal = [np.full(size, 1 / size) for size in panel.outcome.shape]
    label = f"average over {int((panel.treatment & panel.observed).sum())} treated cells"
    return replace(
        found,
        counterfactual=counterfactual,
        weights=(Weights(label, equal[0], equal[1]),),
        notes=notes,
    )


def _spread(panel: Panel) -> float:
    spread = float(panel.outcome[panel.usable].std())
    return spread if spread > 0 else 1.0


def _candidates(tried: CoordinateSearch) -> tuple[tuple[dict[str, float], float], ...]:
    """Every triple with its score; of one given up, also after how many folds."""

    def settings(point: tuple[float, ...], folds: int | None) -> dict[str, float]:
        named = dict(zip(SETTINGS, point, strict=True))
        return named if folds is None else {**named, "given_up_after": float(folds)}

    return tuple(
        (settings(point, None if scored.complete else scored.folds), scored.value)
        for point, scored in tried.found.items()
    )
