"""The doubly weighted causal panel estimator (DWCP, published as TROP).

Each treated cell (i, t) has its own fit, in which cells count the more the closer they are in
time and the more similar their unit:

    minimise Σ_js θ_s ω_j O_js (Y_js − α_j − β_s − L_js)² + λ_nn ‖L‖_*

    Ŷ_it(0) = α̂_i + β̂_t + L̂_it

    θ_s = exp(−λ_time |t − s|)      ω_j = exp(−λ_unit dist(j, i))
    dist(j, i) = root mean square of Y_j − Y_i over periods in which both are usable

O marks usable cells: every treated cell is masked, the target among them. Weights multiply
squared residuals once and are not normalised; λ_nn = ∞ means no low-rank part. The λ are in the
published convention for an outcome with mean 0 and standard deviation 1. Rates of zero give
matrix completion, and with λ_nn = ∞ difference in differences. Treated targets with the same
weights share one fit. An untreated cell of a treated unit is shown by the fit that has it as
target, its own outcome being data there; it enters no effect.

λ are tuned by coordinate descent: λ_time and λ_unit with λ_nn = ∞, then λ_nn, then in turn until
nothing changes, on folds that imitate the treatment (see core/folds.py).

Source: Athey, Imbens, Qu and Viviano (2025), "Triply robust panel estimators", equations 2–3, 13,
footnote 2 for the search. Departures: folds placed as the treatment was for runs of treatment,
where the paper leaves out single cells (equation 4); standardised by usable cells only, so that
treated outcomes are never data; sampled folds; a gain of less than 1 % displaces nothing; a unit
that shares no usable period with the target counts as the most distant one.
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from estimators.core.designs import identified, require_identified
from estimators.core.fit import Fit, Tuning, Weights
from estimators.core.folds import WORTH, Folds, imitating_folds, path_search
from estimators.core.panel import BoolArray, FloatArray, Panel
from estimators.core.parallel import in_order
from estimators.solvers.low_rank import LowRank, two_way_low_rank

TIME_RATES = (0.0, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0, 4.0)
UNIT_RATES = (0.0, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 1.6, 2.0, 3.0, 5.0)
PENALTIES = (np.inf, *(100 / 10 ** (k / 2) for k in range(9)))  # 100, 31.6, …, 0.01
TUNING_TOLERANCE = 1e-5  # settings are compared, not published, at this duality gap
CYCLES = 10
OWN_DATA = (
    "before treatment each cell is fitted with its own outcome as the heaviest datum, so the fit "
    "there is close by construction and not comparable with that of other methods"
)


@dataclass(frozen=True)
class DoublyWeighted:
    """Two-way effects and a low-rank part, weighted towards the target cell.

    lambda_time, lambda_unit, lambda_nn: as above, for a standardised outcome; tune() sets them
    scale: standard deviation (ddof 0) of the usable outcomes the λ refer to; tune() sets it, and
        placebos keep it
    folds: placed patterns, or left-out cells, that score a candidate
    tolerance: duality gap of each fit, as a share of its loss without factors
    show_untreated: also fit the untreated cells of treated units; placebos do without
    """

    name: ClassVar[str] = "dwcp"
    lambda_time: float | None = None
    lambda_unit: float | None = None
    lambda_nn: float | None = None
    scale: float | None = None
    folds: int = 40
    seed: int = 0
    tolerance: float = 1e-9
    show_untreated: bool = True
    tuning: Tuning | None = field(default=None, compare=False)

    def tune(self, panel: Panel) -> "DoublyWeighted":
        """Every λ that is not given by cross-validation, and the scale they refer to."""
        require_identified(panel, self.name)
        scale = self.scale or _spread(panel)
        if None not in (self.lambda_time, self.lambda_unit, self.lambda_nn):
            return replace(self, scale=scale)
        folds = imitating_folds(panel, self.folds, self.seed)
        trial = replace(self, scale=scale, tolerance=TUNING_TOLERANCE, show_untreated=False)
        search = _Search(trial, folds)
        best = search.run()
        tuning = Tuning(folds.rule, len(folds.panels), folds.measure, search.tried())
        return _at(replace(self, scale=scale, tuning=tuning), best)

    def for_placebos(self, panel: Panel) -> "DoublyWeighted":
        """Without the fits of untreated cells, which enter no effect."""
        return replace(self, show_untreated=False)

    def problems(self, panel: Panel) -> int:
        """Distinct weightings of the treated cells."""
        scored = panel.treatment & panel.observed
        return len(_targets(scored, self.lambda_time or 0.0, self.lambda_unit or 0.0))

    def fit(self, panel: Panel) -> Fit:
        """(N, T), finite in rows of treated units. Raises UnsupportedDesign or NotConverged."""
        if self.lambda_time is None or self.lambda_unit is None or self.lambda_nn is None:
            return self.tune(panel).fit(panel)
        return _fit(self, panel, None)[0]


def _fit(estimator: DoublyWeighted, panel: Panel, start: LowRank | None) -> tuple[Fit, LowRank]:
    """The fit, begun at another solution if given, and the solution of its first target."""
    lambda_time, lambda_unit = estimator.lambda_time or 0.0, estimator.lambda_unit or 0.0
    penalty = np.inf if estimator.lambda_nn is None else estimator.lambda_nn
    require_identified(panel, estimator.name)
    scale = estimator.scale or _spread(panel)
    level = float(panel.outcome[panel.usable].mean())
    outcome = (panel.outcome - level) / scale
    scored = panel.treatment & panel.observed
    imputed = panel.treatment & identified(panel)  # outcomes never matter, not even being there
    rows = panel.treated_units[:, None]
    wanted = imputed | (panel.usable & rows) if estimator.show_untreated else scored
    filling = _Filling(panel, scored if scored.any() else imputed)
    solutions: list[LowRank] = []
    for (unit, period), cells in _targets(wanted, lambda_time, lambda_unit).items():
        omega = _unit_weights(outcome, panel, unit, lambda_unit)
        theta = np.exp(-lambda_time * np.abs(np.arange(len(panel.periods)) - period))
        found = two_way_low_rank(
            outcome, panel.usable, penalty, unit_weights=omega, period_weights=theta,
            start=solutions[-1] if solutions else start, tolerance=estimator.tolerance,
        )  # fmt: skip
        filling.add(cells, found, omega, theta)
        solutions.append(found)
    steps, gap = sum(found.sweeps for found in solutions), max(found.gap for found in solutions)
    counterfactual = filling.counterfactual * scale + level
    fit = Fit(counterfactual, filling.weights(), steps, max(gap, 0.0), (OWN_DATA,))
    return fit, solutions[0]


Cells = list[tuple[int, int]]


def _targets(
    wanted: BoolArray, lambda_time: float, lambda_unit: float
) -> dict[tuple[int, int], Cells]:
    """Wanted cells by the weights they share: (unit, period), −1 where a zero rate erases it."""
    groups: dict[tuple[int, int], Cells] = {}
    for unit, period in np.argwhere(wanted):
        key = (int(unit) if lambda_unit > 0 else -1, int(period) if lambda_time > 0 else -1)
        groups.setdefault(key, []).append((int(unit), int(period)))
    return groups


def _unit_weights(outcome: FloatArray, panel: Panel, unit: int, lambda_unit: float) -> FloatArray:
    """(N,) ω; a unit that shares no usable period with the target counts as the most distant."""
    if unit < 0:
        return np.ones(len(panel.units))
    common = panel.usable & panel.usable[unit]
    count = common.sum(axis=1)
    squares = np.where(common, outcome - outcome[unit], 0.0) ** 2
    distance = np.sqrt(squares.sum(axis=1) / np.maximum(count, 1))
    # Weight zero could leave a period without any data, and the cell without a counterfactual.
    distance[count == 0] = distance.max()
    return np.exp(-lambda_unit * distance)


def _spread(panel: Panel) -> float:
    spread = float(panel.outcome[panel.usable].std())
    return spread if spread > 0 else 1.0


class _Filling:
    """Collects fitted cells, and the weights behind the scored ones."""

    def __init__(self, panel: Panel, scored: BoolArray) -> None:
        self.scored = scored
        self.counterfactual = np.full(panel.outcome.shape, np.nan)
        self.unit_weights = np.zeros(len(panel.units))
        self.period_weights = np.zeros(len(panel.periods))

    def add(self, cells: Cells, found: LowRank, omega: FloatArray, theta: FloatArray) -> None:
        units, periods = np.array(cells).T
        low_rank = np.einsum("ck,ck->c", found.left[units], found.right[periods])
        two_way = found.unit_effects[units] + found.period_effects[periods]
        self.counterfactual[units, periods] = two_way + low_rank
        count = int(self.scored[units, periods].sum())
        self.unit_weights += count * omega / omega.sum()
        self.period_weights += count * theta / theta.sum()

    def weights(self) -> tuple[Weights, ...]:
        count = int(self.scored.sum())
        label = f"average over {count} treated cells"
        return (Weights(label, self.unit_weights / count, self.period_weights / count),)


Triple = tuple[float, float, float]  # λ_time, λ_unit, λ_nn


def _at(estimator: DoublyWeighted, triple: Triple) -> DoublyWeighted:
    time, unit, penalty = triple
    return replace(estimator, lambda_time=time, lambda_unit=unit, lambda_nn=penalty)


def _settings(triple: Triple) -> dict[str, float]:
    return dict(zip(("lambda_time", "lambda_unit", "lambda_nn"), triple, strict=True))


class _Search:
    """Coordinate descent over the three λ, every triple scored once."""

    def __init__(self, estimator: DoublyWeighted, folds: Folds) -> None:
        self.estimator = estimator
        self.folds = folds
        self.scores: dict[Triple, float] = {}
        self.last: list[LowRank | None] = [None] * len(folds.panels)

    def run(self) -> Triple:
        given = self.estimator
        times = TIME_RATES if given.lambda_time is None else (given.lambda_time,)
        rates = UNIT_RATES if given.lambda_unit is None else (given.lambda_unit,)
        penalties = PENALTIES if given.lambda_nn is None else (given.lambda_nn,)
        time = self._best(0, (times[0], rates[0], penalties[0]), times)
        unit = self._best(1, time, rates)
        best = self._best(2, unit, penalties)
        grids = (
            tuple(rate for rate in reversed(times) if rate <= time[0]),
            tuple(rate for rate in reversed(rates) if rate <= unit[1]),
            penalties,
        )
        for _ in range(CYCLES):
            before = best
            for coordinate, grid in enumerate(grids):
                best = self._best(coordinate, best, grid)
            if best == before:
                break
        return best

    def tried(self) -> tuple[tuple[dict[str, float], float], ...]:
        return tuple((_settings(triple), score) for triple, score in self.scores.items())

    def _best(self, coordinate: int, at: Triple, grid: tuple[float, ...]) -> Triple:
        def moved(value: float) -> Triple:
            triple = list(at)
            triple[coordinate] = value
            return (triple[0], triple[1], triple[2])

        best, _ = path_search(grid, lambda value: self._score(moved(value)))
        return moved(best) if self._score(moved(best)) < WORTH * self._score(at) else at

    def _score(self, triple: Triple) -> float:
        if triple not in self.scores:
            candidate = _at(self.estimator, triple)
            found = in_order(
                lambda k: _fit(candidate, self.folds.panels[k], self.last[k]),
                range(len(self.last)),
            )
            self.last = [solution for _, solution in found]
            self.scores[triple] = self.folds.score([fit for fit, _ in found])
        return self.scores[triple]
