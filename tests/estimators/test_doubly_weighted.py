"""DWCP: each target's own weights, one certified fit behind each, and what they reduce to."""

from dataclasses import replace

import numpy as np
import pytest

from estimators import ESTIMATORS, Panel, UnsupportedDesign, att, evaluate
from estimators.closeness.tuning import PENALTIES, TIME_RATES, UNIT_RATES
from estimators.core.coordinate_search import CoordinateSearch, Point, Scored
from estimators.core.folds import imitating_folds
from estimators.core.panel import FloatArray
from estimators.doubly_weighted import DoublyWeighted
from estimators.matrix_completion import MatrixCompletion
from estimators.variance.kinds import GivenPeriodVariance
from tests.estimators.panels import EFFECT, labelled, noisy, small, treated_as
from tests.estimators.twins.doubly_weighted import (
    cell_weights,
    pooled_weights,
    weighted_surface,
)

WEIGHTED = DoublyWeighted(0.15, 0.6, 1.0)
TWIN = 1e-6  # of outcomes of order ten: what the twin's plain steps leave


def with_covariates(panel: Panel, seed: int = 3, extra: FloatArray | None = None) -> Panel:
    """Two covariates that move the outcome by 2 and −1, and a third if given."""
    X = np.random.default_rng(seed).normal(0, 1, (*panel.outcome.shape, 2))
    names: tuple[str, ...] = ("price", "weather")
    outcome = panel.outcome + X @ np.array([2.0, -1.0])
    if extra is not None:
        X, names = np.concatenate([X, extra[:, :, None]], axis=2), (*names, "extra")
    return replace(panel, outcome=outcome, covariates=X, covariate_names=names)


@pytest.mark.parametrize("penalty", [np.inf, 1.0, 0.2])
@pytest.mark.parametrize("design", ["block", "staggered", "on_off"])
def test_every_cell_is_the_fit_of_its_own_weights(design: str, penalty: float) -> None:
    panel = small(design)
    found = replace(WEIGHTED, lambda_nn=penalty).fit(panel).counterfactual
    for unit, period in np.argwhere(panel.treatment)[::5]:
        weights = cell_weights(panel, panel.usable, unit, period, 0.15, 0.6)
        surface, _ = weighted_surface(panel, weights, penalty)
        assert found[unit, period] == pytest.approx(surface[unit, period], abs=TWIN)


@pytest.mark.parametrize("penalty", [np.inf, 0.5])
def test_leaving_one_cell_out_is_a_refit_without_it(penalty: float) -> None:
    panel = small("staggered")
    found = replace(WEIGHTED, lambda_nn=penalty, tolerance=1e-11).leave_one_cell_out(panel)
    assert np.isfinite(found[panel.usable]).all()
    assert np.isnan(found[panel.treatment]).all()
    for unit, period in np.argwhere(panel.usable)[::31]:
        usable = panel.usable.copy()
        usable[unit, period] = False
        weights = cell_weights(panel, usable, unit, period, 0.15, 0.6)
        surface, _ = weighted_surface(panel, weights, penalty)
        assert found[unit, period] == pytest.approx(surface[unit, period], abs=TWIN)


def test_a_cell_that_alone_joins_its_unit_to_the_others_is_not_predicted() -> None:
    panel = small("block")
    outcome = panel.outcome.copy()
    outcome[5, 1:] = np.nan
    found = DoublyWeighted(0.1, 0.1, np.inf).leave_one_cell_out(replace(panel, outcome=outcome))
    assert np.isnan(found[5]).all()
    assert np.isfinite(found[6]).all()


def test_an_untreated_cell_of_a_treated_unit_is_shown_as_if_it_were_treated() -> None:
    panel = small("block")
    fit = WEIGHTED.fit(panel)
    rows = panel.treated_units[:, None] & panel.usable
    alone = replace(WEIGHTED, tolerance=1e-10).leave_one_cell_out(panel)
    np.testing.assert_allclose(fit.counterfactual[rows], alone[rows], atol=1e-4)
    assert "predicted by a fit without it" in fit.notes[0]
    shown = replace(WEIGHTED, show_untreated=False).fit(panel).counterfactual
    assert np.isnan(shown[~panel.treatment]).all()
    np.testing.assert_allclose(
        shown[panel.treatment], fit.counterfactual[panel.treatment], atol=1e-7
    )


@pytest.mark.parametrize("design", ["block", "staggered", "on_off"])
@pytest.mark.parametrize("pooled", [False, True])
def test_without_rates_it_is_did_and_mc(design: str, pooled: bool) -> None:
    panel = small(design)
    treated = panel.treatment
    did = ESTIMATORS["did"].fit(panel).counterfactual[treated]
    plain = DoublyWeighted(0.0, 0.0, np.inf, pooled=pooled).fit(panel).counterfactual[treated]
    np.testing.assert_allclose(plain, did, atol=1e-8)
    spread = float(panel.outcome[panel.usable].std())
    mc = MatrixCompletion(lambda_nn=2.0 * spread).fit(panel).counterfactual[treated]
    factors = DoublyWeighted(0.0, 0.0, 2.0, pooled=pooled).fit(panel).counterfactual[treated]
    np.testing.assert_allclose(factors, mc, atol=1e-8)


def test_a_rate_that_hardly_decays_is_nearly_did_by_the_weighted_solver_too() -> None:
    panel = small("staggered")
    did = ESTIMATORS["did"].fit(panel).counterfactual[panel.treatment]
    near = DoublyWeighted(1e-13, 1e-13, np.inf).fit(panel).counterfactual[panel.treatment]
    np.testing.assert_allclose(near, did, atol=1e-8)


@pytest.mark.parametrize("penalty", [np.inf, 0.5])
def test_pooled_is_one_fit_for_spells_that_start_and_end_together(penalty: float) -> None:
    panel = small("staggered")
    found = replace(WEIGHTED, lambda_nn=penalty, pooled=True).fit(panel).counterfactual
    for unit in np.flatnonzero(panel.treated_units):
        columns = np.flatnonzero(panel.treatment[unit])
        weights = pooled_weights(panel, [int(unit)], columns[0], columns[-1], 0.15, 0.6)
        surface, _ = weighted_surface(panel, weights, penalty)
        np.testing.assert_allclose(found[unit, columns], surface[unit, columns], atol=TWIN)


def test_pooled_units_are_weighted_by_their_distance_to_the_units_average() -> None:
    panel = small("block")
    found = replace(WEIGHTED, pooled=True).fit(panel).counterfactual
    first, last = np.flatnonzero(panel.treatment.any(axis=0))[[0, -1]]
    weights = pooled_weights(panel, [0, 1], first, last, 0.15, 0.6)
    surface, _ = weighted_surface(panel, weights, 1.0)
    np.testing.assert_allclose(found[panel.treatment], surface[panel.treatment], atol=TWIN)


def test_units_that_are_never_untreated_together_cannot_be_pooled() -> None:
    panel = small("block")
    outcome = panel.outcome.copy()
    outcome[0, ::2] = outcome[1, 1::2] = np.nan
    holed = replace(panel, outcome=outcome)
    with pytest.raises(UnsupportedDesign, match=r"all 2 units treated from 13 to 15 \(u0, u1\)"):
        replace(WEIGHTED, pooled=True).fit(holed)
    assert np.isfinite(att(holed, WEIGHTED.fit(holed)))


@pytest.mark.parametrize("penalty", [np.inf, 0.5])
def test_covariates_are_taken_out_without_a_penalty(penalty: float) -> None:
    panel = with_covariates(small("block"))
    linear = replace(WEIGHTED, lambda_nn=penalty, covariates="linear", show_untreated=False)
    fit = linear.fit(panel)
    gammas = []
    for unit, period in np.argwhere(panel.treatment):
        weights = cell_weights(panel, panel.usable, unit, period, 0.15, 0.6)
        surface, gamma = weighted_surface(panel, weights, penalty)
        gammas.append(gamma)
        assert fit.counterfactual[unit, period] == pytest.approx(surface[unit, period], abs=TWIN)
    assert list(fit.coefficients) == ["price", "weather"]
    np.testing.assert_allclose(list(fit.coefficients.values()), np.mean(gammas, axis=0), atol=TWIN)


def test_covariates_explain_what_they_cause() -> None:
    panel = with_covariates(small("block", factors=0.0))
    linear = DoublyWeighted(0.02, 0.0, np.inf, covariates="linear")
    ignored = replace(linear, covariates="ignore").fit(panel)
    used = linear.fit(panel)
    assert used.coefficients["price"] == pytest.approx(2.0, abs=0.3)
    assert abs(att(panel, used) - EFFECT) < abs(att(panel, ignored) - EFFECT)
    assert "2 covariates are not used (price, weather); covariates: linear uses them" in (
        ignored.notes
    )


def test_covariates_that_cannot_be_told_apart_are_refused_by_name() -> None:
    plain = small("block")
    double = with_covariates(plain)
    assert double.covariates is not None
    panel = with_covariates(plain, extra=double.covariates[:, :, 0] * 3 + np.arange(16))
    asked = replace(WEIGHTED, covariates="linear")
    with pytest.raises(UnsupportedDesign, match=r"cannot tell 1 of 3 covariates apart: \w+ is a"):
        asked.fit(panel)
    with pytest.raises(UnsupportedDesign, match="asked for linear covariates; the panel has none"):
        asked.tune(plain)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lambda_time": -1.0}, "lambda_time is a number from 0 up; not -1"),
        ({"lambda_unit": np.inf}, "lambda_unit is a number from 0 up; not inf"),
        ({"lambda_nn": 0.0}, "infinite for no low-rank part; not 0"),
        ({"covariates": "joint"}, "covariates is one of ignore, linear"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DoublyWeighted(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("rates", [(4.0, 5.0), (4.0, 0.0), (30.0, 40.0)])
def test_weights_far_apart_cost_no_digits(rates: tuple[float, float]) -> None:
    panel = labelled(noisy(8, 30, seed=4), treated_as("block", 8, 30))
    found = DoublyWeighted(*rates, np.inf, show_untreated=False).fit(panel).counterfactual
    for unit, period in np.argwhere(panel.treatment):
        weights = cell_weights(panel, panel.usable, unit, period, *rates)
        seen = weights.max(axis=0) > 1e-14 * weights.max()
        # far cells are as good as absent; the dummies' pseudo-inverse drops them
        surface, _ = weighted_surface(panel, np.where(seen, weights, 0.0), np.inf)
        assert np.isfinite(found[unit, period])
        if rates[0] < 10:
            assert found[unit, period] == pytest.approx(surface[unit, period], abs=1e-5)


def test_fits_are_certified_also_where_they_are_only_compared() -> None:
    fit = replace(WEIGHTED, lambda_nn=0.05).fit(small("on_off"))
    assert 0 < fit.optimality <= 1e-9
    assert fit.steps > 0


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


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("design", ["block", "staggered", "on_off"])
def test_known_effects_are_found(design: str, pooled: bool) -> None:
    panel = small(design, factors=0.0)
    found = att(panel, DoublyWeighted(0.05, 0.1, 5.0, pooled=pooled).fit(panel))
    assert found == pytest.approx(EFFECT, abs=0.75)  # noise of ½: three standard errors


def test_the_order_of_units_and_the_measure_do_not_matter_to_factors() -> None:
    panel = small("staggered")
    order = np.random.default_rng(5).permutation(len(panel.units))
    mixed = Panel(
        panel.outcome[order], panel.treatment[order], tuple(panel.units[i] for i in order),
        panel.periods,
    )  # fmt: skip
    scaled = replace(panel, outcome=panel.outcome * 1e9)
    expected = att(panel, WEIGHTED.fit(panel))
    assert att(mixed, WEIGHTED.fit(mixed)) == pytest.approx(expected, rel=1e-8)
    assert att(scaled, WEIGHTED.fit(scaled)) == pytest.approx(expected * 1e9, rel=1e-8)


def test_placebos_of_pooled_fits_answer_too() -> None:
    panel = small("block")
    found = evaluate(panel, replace(WEIGHTED, pooled=True), GivenPeriodVariance(), placebos=20)
    assert np.isfinite(found.att)
    assert found.inferences
