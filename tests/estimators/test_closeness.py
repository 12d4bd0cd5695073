"""Tuning of DWCP: what scores its settings, and a search that gives up what cannot win."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.measuring.panels import factor_block
from estimators import att
from estimators.closeness.trials import TOLERANCE
from estimators.closeness.tuning import PENALTIES, TIME_RATES, UNIT_RATES
from estimators.closeness.weightings import pooled
from estimators.core.coordinate_search import CoordinateSearch, Point, Scored
from estimators.core.folds import imitating_folds
from estimators.core.panel import FloatArray
from estimators.doubly_weighted import DoublyWeighted
from estimators.solvers.target_fits import fit_targets, grid_of
from tests.estimators.panels import labelled, small


def test_tuning_searches_from_plain_settings_and_reports_all_it_tried() -> None:
    panel = small("block")
    tuned = DoublyWeighted(folds=6, seed=2).tune(panel)
    assert tuned.tuning is not None
    tried = [tuple(settings.values())[:3] for settings, _ in tuned.tuning.candidates]
    assert tried[0] == (0.0, 0.0, np.inf)
    assert {time for time, _, _ in tried} >= {0.0, TIME_RATES[1]}
    assert {unit for _, unit, _ in tried} >= {0.0, UNIT_RATES[1]}
    assert {penalty for _, _, penalty in tried} >= set(PENALTIES[:2])
    chosen = (tuned.lambda_time, tuned.lambda_unit, tuned.lambda_nn)
    scores = dict(zip(tried, (score for _, score in tuned.tuning.candidates), strict=True))
    assert scores[chosen] <= min(scores.values()) / 0.97  # type: ignore[index]
    assert tuned.tuning.folds == 6


@pytest.mark.parametrize("design", ["block", "staggered"])
def test_a_candidate_scores_the_squared_placebo_effects_of_its_pooled_fits(design: str) -> None:
    panel = small(design)
    tuned = DoublyWeighted(folds=5, scoring="pooled").tune(panel)
    assert tuned.tuning is not None
    assert tuned.scale is not None
    placed = imitating_folds(panel, 5, seed=0).panels
    complete = [one for one in tuned.tuning.candidates if "given_up_after" not in one[0]]
    weighted = [one for one in complete if one[0]["lambda_time"] + one[0]["lambda_unit"] > 0]
    without_rates = [one for one in complete if one not in weighted]
    for settings, score in (*weighted[:3], *weighted[-2:], *without_rates[-2:]):
        rates = settings["lambda_time"], settings["lambda_unit"]
        told = DoublyWeighted(*rates, settings["lambda_nn"], scale=tuned.scale, pooled=True)
        found = [att(fold, told.fit(fold)) for fold in placed]
        assert score == pytest.approx(np.mean(np.square(found)) / tuned.scale**2, rel=1e-3)


def test_folds_whose_units_are_never_observed_together_are_scored_all_the_same() -> None:
    panel = small("block")
    outcome = panel.outcome.copy()
    outcome[::2, ::2] = outcome[1::2, 1::2] = np.nan
    gappy = replace(panel, outcome=outcome)
    tuned = DoublyWeighted(folds=6).tune(gappy)
    assert tuned.tuning is not None
    assert {settings["lambda_unit"] for settings, _ in tuned.tuning.candidates} > {0.0}


def test_scoring_by_cell_has_a_fit_for_each_cell_it_draws() -> None:
    panel = small("block")
    by_cell = DoublyWeighted(folds=6, scoring="cells").tune(panel).tuning
    assert by_cell is not None
    assert "by a fit each" in by_cell.rule
    pooled = DoublyWeighted(folds=6).tune(panel).tuning
    assert pooled is not None
    assert "by pooled fits" in pooled.rule
    scores = [{tuple(s.values()): v for s, v in one.candidates} for one in (by_cell, pooled)]
    both = [point for point in scores[0] if len(point) == 3 and point in scores[1]]
    same = {point for point in both if scores[0][point] == pytest.approx(scores[1][point])}
    assert same >= {(0.0, 0.0, np.inf), (TIME_RATES[1], 0.0, np.inf)}  # means of a block are
    assert any(unit > 0 for _, unit, _ in both)
    assert all(unit == 0 for _, unit, _ in same)


def test_what_is_scored_never_depends_on_treated_outcomes_or_the_order_of_units() -> None:
    panel = small("block")
    estimator = DoublyWeighted(folds=6, scoring="pooled")
    other = replace(panel, outcome=np.where(panel.treatment, 1e6, panel.outcome))
    turned = panel.select(np.arange(len(panel.units))[::-1], np.arange(len(panel.periods)))
    tuned = estimator.tune(panel)
    assert estimator.tune(other) == tuned
    again = estimator.tune(turned)
    assert (again.lambda_time, again.lambda_unit, again.lambda_nn) == (
        tuned.lambda_time, tuned.lambda_unit, tuned.lambda_nn,
    )  # fmt: skip


def test_scattered_treatment_is_tuned_by_leaving_out_one_cell_at_a_time() -> None:
    tuned = DoublyWeighted(lambda_nn=np.inf).tune(small("on_off")).tuning
    assert tuned is not None
    assert tuned.rule.startswith("one untreated cell left out at a time")
    assert tuned.measure.startswith("mean squared error by cell")


def test_a_factor_that_is_worth_little_does_not_come_and_go_for_ever() -> None:
    """One that was left out as negligible and had to come back once did so for 20,000 sweeps."""
    block = factor_block(50, 40)
    whole = labelled(block.outcome, block.treatment)
    fold = imitating_folds(whole, 40, seed=0).panels[8]
    seen = fold.outcome[fold.usable]
    grid = grid_of((fold.outcome - seen.mean()) / whole.outcome[whole.usable].std(), fold.usable)
    targets = pooled(grid, fold, fold.treatment, 0.2, 0.0)
    start = None
    for penalty in (10**0.5, 1.0, 10**-0.5, 0.1, 10**-1.5):
        found = fit_targets(grid, targets, 0.2, 0.0, penalty, TOLERANCE, start=start)
        start = found.left, found.right
        assert found.sweeps < 200


def test_giving_up_early_changes_no_choice() -> None:
    grids = ((0.0, 1.0, 2.0, 3.0), (0.0, 1.0, 2.0), (np.inf, 4.0, 2.0, 1.0))

    def loss(point: Point) -> FloatArray:
        """Of five folds."""
        time, unit, penalty = point
        rng = np.random.default_rng(int(100 * time + 10 * unit + (penalty if penalty < 9 else 0)))
        base = (time - 2) ** 2 + (unit - 1) ** 2 + (0.0 if penalty == 2 else 1.0)
        return np.asarray(1 + base + rng.uniform(0, 0.3, 5))

    def patient(point: Point, needed: float) -> Scored:
        return Scored(float(loss(point).mean()), 5)

    def hasty(point: Point, needed: float) -> Scored:
        total = 0.0
        for k, one in enumerate(loss(point)):
            total += float(one) / 5
            if total >= needed:
                return Scored(total, k + 1, complete=k == 4)
        return Scored(total, 5)

    slow, fast = CoordinateSearch(patient), CoordinateSearch(hasty)
    start = (0.0, 0.0, np.inf)
    assert slow.cycle(start, grids) == fast.cycle(start, grids) == (2.0, 1.0, 2.0)
    assert not all(scored.complete for scored in fast.found.values())


def test_a_second_walk_goes_on_while_it_falls_and_overtakes_only_what_it_beats() -> None:
    def overtaken(
        values: list[float], rival: float, simpler: bool = False
    ) -> tuple[Point, dict[Point, Scored]]:
        losses: dict[Point, float] = {(1.0, 0.0): rival, (0.0, 0.0): 99.0}
        losses |= {(0.0, k + 1.0): value for k, value in enumerate(values)}

        def score(point: Point, needed: float) -> Scored:
            given_up = losses[point] >= needed
            return Scored(losses[point] / 2 if given_up else losses[point], 1 + (not given_up),
                          complete=not given_up)  # fmt: skip

        search = CoordinateSearch(score)
        search.at((1.0, 0.0))
        grid = [k + 1.0 for k in range(len(values))]
        found = search.overtake((1.0, 0.0), (0.0, 0.0), 1, grid, simpler=simpler)
        return found, search.found

    best, tried = overtaken([64.0, 32.0, 16.0, 8.0, 4.0], rival=5.0)
    assert best == (0.0, 5.0)
    assert not tried[(0.0, 4.0)].complete
    assert overtaken([64.0, 32.0, 16.0, 8.0, 4.9], rival=5.0)[0] == (1.0, 0.0)
    assert overtaken([64.0, 32.0, 16.0, 5.1], rival=5.0, simpler=True)[0] == (0.0, 4.0)
    assert overtaken([64.0, 32.0, 16.0, 5.2], rival=5.0, simpler=True)[0] == (1.0, 0.0)
    assert overtaken([64.0, 5.1, 5.09], rival=5.0, simpler=True)[0] == (0.0, 2.0)
    best, tried = overtaken([64.0, 65.0, 66.0, 1.0], rival=5.0)
    assert best == (1.0, 0.0)
    assert (0.0, 4.0) not in tried
