"""Bootstrap and jackknife: units drawn again, or left out, in several treated units."""

from dataclasses import replace

import numpy as np
import pytest

from estimators import (
    ESTIMATORS,
    VARIANCES,
    Inference,
    Panel,
    Refusal,
    UnsupportedDesign,
    evaluate,
)
from estimators.core.panel import FloatArray
from tests.estimators.catalogue import quick
from tests.estimators.panels import additive, labelled, noisy, small, treated_as, with_outcome
from tests.estimators.twins.procedures import bilinear, double_difference, jackknife

BLOCK = labelled(noisy(14, 16, seed=2), treated_as("block", 14, 16, treated=3))
START = 13


def said(panel: Panel, name: str, kind: str, draws: int = 30, seed: int = 0) -> Inference:
    (found,) = evaluate(panel, quick(name), VARIANCES[kind], placebos=draws, seed=seed).inferences
    assert isinstance(found, Inference), found
    return found


def refused(panel: Panel, name: str, kind: str) -> str:
    (found,) = evaluate(panel, quick(name), VARIANCES[kind], placebos=30).inferences
    assert isinstance(found, Refusal), found
    return found.reason


def bootstrapped(panel: Panel, draws: int, seed: int) -> FloatArray:
    """Double differences of the first resamples that have treated and control units."""
    rng = np.random.default_rng([seed, 2])
    found: list[float] = []
    while len(found) < draws:
        for rows in rng.integers(len(panel.units), size=(draws - len(found), len(panel.units))):
            treated = panel.treated_units[rows]
            if treated.any() and not treated.all():
                found.append(double_difference(panel.outcome[rows], treated, START))
    return np.array(found)


def test_the_bootstrap_is_the_spread_of_estimates_over_resampled_rows() -> None:
    found = said(BLOCK, "did", "bootstrap", 40, seed=3)
    effects = bootstrapped(BLOCK, 40, seed=3)
    # √((B − 1)/B) times the sample standard deviation, as Algorithm 2 is coded by its authors
    assert found.standard_error == pytest.approx(np.sqrt(39 / 40) * effects.std(ddof=1))
    assert found.placebos == 40


def test_published_critical_values_of_resampling_are_normal() -> None:
    for kind in ("bootstrap", "jackknife"):
        found = said(BLOCK, "did", kind)
        assert found.standard_error is not None
        assert found.df == np.inf
        assert found.ci_high - found.ci_low == pytest.approx(2 * 1.959964 * found.standard_error)


def test_draws_without_a_treated_unit_are_drawn_again_and_counted() -> None:
    found = said(labelled(noisy(12, 16), treated_as("block", 12, 16)), "did", "bootstrap", 100)
    assert found.placebos == 100
    assert "more could not be fitted" in found.construction


def test_the_same_seed_draws_the_same_units_and_another_others() -> None:
    one, same, other = (said(BLOCK, "did", "bootstrap", seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one.standard_error != other.standard_error


@pytest.mark.parametrize("name", ["sc", "difp", "sdid"])
def test_the_jackknife_keeps_the_weights_of_the_estimate(name: str) -> None:
    estimate = evaluate(BLOCK, ESTIMATORS[name])
    (weights,) = estimate.fit.weights
    assert weights.units is not None
    treated = BLOCK.treated_units
    units = np.where(treated, 1 / treated.sum(), -weights.units)
    before = {"sc": np.zeros(16), "difp": np.full(16, 1 / START), "sdid": weights.periods}[name]
    assert before is not None
    periods = np.where(np.arange(16) >= START, 1 / (16 - START), -before)
    assert bilinear(BLOCK.outcome, units, periods) == pytest.approx(estimate.att)
    found = said(BLOCK, name, "jackknife")
    assert found.variance is not None
    assert found.variance.value == pytest.approx(jackknife(BLOCK.outcome, units, periods))


def test_the_jackknife_of_difp_keeps_the_periods_that_were_matched() -> None:
    """A period in which a treated unit is not observed has no part in the level."""
    outcome = BLOCK.outcome.copy()
    outcome[1, 4] = np.nan
    panel = with_outcome(BLOCK, outcome)
    estimator = replace(ESTIMATORS["difp"], gaps="drop")  # type: ignore[type-var]
    estimate = evaluate(panel, estimator, VARIANCES["jackknife"])
    (weights,), (found,) = estimate.fit.weights, estimate.inferences
    assert weights.units is not None
    treated, matched = panel.treated_units, np.arange(16) < START
    matched[4] = False
    units = np.where(treated, 1 / treated.sum(), -weights.units)
    periods = np.where(np.arange(16) >= START, 1 / (16 - START), matched / -matched.sum())
    assert isinstance(found, Inference)
    assert found.variance is not None
    known = np.nan_to_num(outcome)
    assert found.variance.value == pytest.approx(jackknife(known, units, periods))


def test_the_jackknife_refuses_where_one_unit_has_all_treated_cells_that_are_observed() -> None:
    panel = labelled(noisy(10, 16), treated_as("block"))
    outcome = panel.outcome.copy()
    outcome[1, 13:] = np.nan
    for name in ("sdid", "did"):
        said = refused(with_outcome(panel, outcome), name, "jackknife")
        assert "without u0" in said
        assert "treated cells" in said or "treated cell is observed" in said


def test_for_did_keeping_equal_weights_is_fitting_again() -> None:
    found = said(BLOCK, "did", "jackknife")
    effects = [
        double_difference(np.delete(BLOCK.outcome, i, 0), np.delete(BLOCK.treated_units, i), START)
        for i in range(14)
    ]
    assert found.variance is not None
    assert found.variance.value == pytest.approx(13 * np.var(effects))


@pytest.mark.parametrize("kind", ["bootstrap", "jackknife"])
@pytest.mark.parametrize("name", ["did", "sdid"])
def test_one_treated_unit_is_refused_by_name(kind: str, name: str) -> None:
    panel = labelled(noisy(10, 16), treated_as("block", treated=1))
    assert "needs 2 treated units; there is 1 (u0)" in refused(panel, name, kind)


@pytest.mark.parametrize("name", ["mc", "dwcp"])
def test_what_has_no_weights_to_keep_is_refused_and_pointed_to_the_bootstrap(name: str) -> None:
    assert "use bootstrap" in refused(BLOCK, name, "jackknife")


def test_a_donor_with_all_the_weight_cannot_be_left_out() -> None:
    outcome = noisy(10, 16)
    outcome[:2] = outcome[5]
    panel = labelled(outcome, treated_as("block"))
    assert "all weight is on u5" in refused(panel, "sc", "jackknife")


def test_cohorts_are_left_out_and_drawn_again_like_blocks() -> None:
    panel = small("staggered")
    for name, kind in (("sdid", "jackknife"), ("did", "jackknife"), ("sdid", "bootstrap")):
        found = said(panel, name, kind)
        assert found.standard_error is not None
        assert 0 < found.standard_error < found.ci_high - found.ci_low


def test_weights_of_each_unit_are_refused_by_the_jackknife() -> None:
    estimator = replace(ESTIMATORS["sc"], weights="per_unit")  # type: ignore[type-var]
    (found,) = evaluate(BLOCK, estimator, VARIANCES["jackknife"]).inferences
    assert isinstance(found, Refusal)
    assert "3 for 1 cohorts" in found.reason


@pytest.mark.parametrize("kind", ["bootstrap", "jackknife"])
def test_effects_that_differ_by_rounding_alone_promise_no_certainty(kind: str) -> None:
    treatment = treated_as("block", 14, 16, treated=3)
    exact = labelled(additive(14, 16) + 3 * treatment, treatment)
    assert "says nothing about noise" in refused(exact, "did", kind)


def test_a_treated_cell_that_is_not_observed_takes_no_program_and_divides_nothing() -> None:
    treatment = np.zeros((8, 16), dtype=bool)
    treatment[0, -1] = True
    outcome = noisy(8, 16)
    outcome[0, -1] = np.nan
    estimator = replace(ESTIMATORS["sc"], on_off="per_cell", gaps="drop")  # type: ignore[type-var]
    with pytest.raises(UnsupportedDesign):
        evaluate(labelled(outcome, treatment), estimator, VARIANCES["bootstrap"])


def test_draws_without_an_observed_treated_cell_are_drawn_again_by_every_estimator() -> None:
    treatment = treated_as("staggered", 8, 14)
    outcome = noisy(8, 14)
    outcome[0, 11:] = np.nan
    for name in ("did", "mc", "dwcp"):
        found = said(labelled(outcome, treatment), name, "bootstrap", draws=20)
        assert found.placebos == 20
        assert "more could not be fitted" in found.construction


def test_the_bootstrap_answers_where_treatment_switches() -> None:
    assert said(small("on_off"), "did", "bootstrap").placebos == 30
