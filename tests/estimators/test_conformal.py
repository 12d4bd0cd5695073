"""Conformal tests: fitted under the hypothesis, shifted in time, turned round into an interval."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from estimators import ESTIMATORS, VARIANCES, Inference, Panel, Refusal, UnsupportedDesign, evaluate
from estimators.core.panel import FloatArray
from estimators.variance.conformal import ConformalTest, FittedUnderNull, interval, statistics
from estimators.variance.ranks import rejecting_ranks
from tests.estimators.catalogue import quick
from tests.estimators.panels import additive, labelled, noisy, treated_as, with_outcome
from tests.estimators.twins.least_squares import two_way_by_dummies
from tests.estimators.twins.procedures import conformal_p
from tests.estimators.twins.simplex import projected_gradient

KIND, PERIODS, START = VARIANCES["conformal"], 24, 21
FITTED = ("did", "sc", "difp", "mc", "sdid")


@cache
def panel_of(seed: int, effect: float = 0.0, treated: int = 1, periods: int = PERIODS) -> Panel:
    treatment = treated_as("block", 10, periods, treated=treated)
    return labelled(noisy(10, periods, seed, factors=0.3) + effect * treatment, treatment)


def said(panel: Panel, name: str = "did", level: float = 0.95) -> Inference:
    (found,) = evaluate(panel, quick(name), KIND, level=level).inferences
    assert isinstance(found, Inference), found
    return found


def refused(panel: Panel, name: str, level: float = 0.95) -> str:
    (found,) = evaluate(panel, quick(name), KIND, level=level).inferences
    assert isinstance(found, Refusal), found
    return found.reason


def by_dummies(panel: Panel, effect: float) -> FloatArray:
    outcome = panel.outcome - effect * panel.treatment
    return outcome - two_way_by_dummies(outcome, np.ones_like(panel.treatment))


def by_simplex(panel: Panel, effect: float) -> FloatArray:
    outcome = panel.outcome - effect * panel.treatment
    weights = projected_gradient(outcome[1:].T, outcome[0], steps=20_000)
    return np.vstack([outcome[:1] - weights @ outcome[1:], np.zeros((9, PERIODS))])


TWINS: dict[str, Callable[[Panel, float], FloatArray]] = {"did": by_dummies, "sc": by_simplex}


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("effect", [0.0, 1.0])
def test_the_p_value_is_the_share_of_shifts_with_a_sum_as_large(name: str, effect: float) -> None:
    panel = panel_of(1, effect)
    residuals = TWINS[name](panel, 0.0)[0]
    found = said(panel, name)
    assert found.p_value == pytest.approx(conformal_p(residuals, np.arange(START, PERIODS)))
    assert (found.placebos, found.standard_error, found.df) == (PERIODS, None, None)


def test_of_several_treated_units_the_average_one_is_shifted() -> None:
    panel = panel_of(2, 0.5, treated=3)
    residuals = by_dummies(panel, 0.0)[:3].mean(axis=0)
    expected = conformal_p(residuals, np.arange(START, PERIODS))
    assert said(panel).p_value == pytest.approx(expected)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_interval_ends_where_the_test_begins_to_reject(level: float) -> None:
    panel = panel_of(3, 1.0)
    found = said(panel, "did", level)
    width = found.ci_high - found.ci_low

    def p(tau: float) -> float:
        return conformal_p(by_dummies(panel, tau)[0], np.arange(START, PERIODS))

    for tau in np.linspace(found.ci_low, found.ci_high, 9):
        assert p(tau) > 1 - level
    for tau in (found.ci_low - 1e-3 * width, found.ci_high + 1e-3 * width):
        assert p(tau) <= 1 - level


@pytest.mark.parametrize("name", FITTED)
def test_zero_is_excluded_exactly_when_it_is_rejected(name: str) -> None:
    verdicts = set()
    for seed in range(6):
        effect = 0.7 * (seed % 2)
        even = labelled(noisy(10, PERIODS, seed, factors=0.0), panel_of(0).treatment)
        found = said(replace(even, outcome=even.outcome + effect * even.treatment), name, level=0.9)
        rejected = round(found.p_value * PERIODS) <= 2
        verdicts.add(rejected)
        assert rejected == (found.ci_low > 0 or found.ci_high < 0)
    assert verdicts == {True, False}


@pytest.mark.parametrize("name", FITTED)
def test_an_effect_added_to_treated_cells_moves_the_interval_by_as_much(name: str) -> None:
    estimator = quick(name).tune(panel_of(4))
    assert isinstance(estimator, FittedUnderNull)
    one = statistics(panel_of(4), estimator, 0.7)
    other = statistics(panel_of(4, 5.0), estimator, 5.7)
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_the_model_is_fitted_under_the_null_and_not_before_treatment_alone() -> None:
    """An outcome of the treated unit under treatment moves its residuals before."""
    panel = panel_of(5)
    estimator = ESTIMATORS["sc"]
    assert isinstance(estimator, FittedUnderNull)
    moved = replace(panel, outcome=panel.outcome + 20 * panel.treatment)
    before = np.s_[0, :START]
    assert not np.allclose(
        estimator.fit_under_null(panel)[before], estimator.fit_under_null(moved)[before]
    )


@pytest.mark.parametrize("name", FITTED)
def test_a_fit_to_all_periods_does_not_depend_on_which_of_them_were_treated(name: str) -> None:
    panel, estimator = panel_of(6), quick(name).tune(panel_of(6))
    assert isinstance(estimator, FittedUnderNull)
    elsewhere = replace(panel, treatment=np.roll(panel.treatment, -9, axis=1))
    np.testing.assert_array_equal(
        estimator.fit_under_null(panel)[0], estimator.fit_under_null(elsewhere)[0]
    )


def test_its_size_is_the_one_promised_where_periods_are_alike() -> None:
    """DID on white noise, one treated cell of 20 periods: p ≤ 1/20 in a twentieth of panels.

    Over 600 panels the standard error of that share is √(.05 · .95 / 600) = .009.
    """
    treatment = np.zeros((6, 20), dtype=bool)
    treatment[0, -1] = True
    rng = np.random.default_rng(0)
    rejected = 0
    for _ in range(600):
        panel = labelled(rng.normal(size=(6, 20)), treatment)
        estimator = ESTIMATORS["did"]
        assert isinstance(estimator, FittedUnderNull)
        found = statistics(panel, estimator, 0.0)
        rejected += int(np.sum(found >= found[0]) == 1)
    assert rejected / 600 == pytest.approx(0.05, abs=0.027)


def test_shifts_onto_gaps_are_no_shifts() -> None:
    """Compared with what is not observed, any sum would be large: one cell, half its past gone."""
    outcome = np.random.default_rng(3).normal(size=(6, 40))
    outcome[0, 1:39:2] = np.nan
    treatment = np.zeros(outcome.shape, dtype=bool)
    treatment[0, -1] = True
    panel = labelled(outcome, treatment)
    seen = panel.observed
    filled = np.where(seen, outcome, 0.0)
    residuals = filled - two_way_by_dummies(filled, seen)
    sizes = abs(residuals[0, seen[0]])
    found = said(panel)
    assert found.placebos == 21
    assert found.p_value == pytest.approx(float(np.mean(sizes >= sizes[-1] - 1e-9)))
    assert "21 of 40 shifts of the residuals in time, those that meet no gap" in found.construction


def test_a_treated_cell_not_observed_is_in_no_sum() -> None:
    """Of three treated periods the middle one is missing: pairs two apart are compared."""
    panel = panel_of(7, 1.0, periods=40)
    outcome = panel.outcome.copy()
    outcome[0, 38] = np.nan
    estimator = ESTIMATORS["did"]
    assert isinstance(estimator, FittedUnderNull)
    gappy = with_outcome(panel, outcome)
    residuals = (outcome - estimator.fit_under_null(gappy))[0]
    pairs = [abs(residuals[t] + residuals[(t + 2) % 40]) for t in range(40)]
    expected = [pairs[37], *(pairs[(37 + k) % 40] for k in range(1, 40))]
    np.testing.assert_allclose(
        statistics(gappy, estimator, 0.0), [one for one in expected if np.isfinite(one)]
    )


@pytest.mark.parametrize("missing", ["treated", "before"])
def test_its_size_is_the_one_promised_with_gaps(missing: str) -> None:
    """DID on white noise, four treated cells of 40 periods, as above at 10 %: 400 panels, .015."""
    rng = np.random.default_rng(1)
    treatment = np.zeros((6, 40), dtype=bool)
    treatment[0, -4:] = True
    estimator = ESTIMATORS["did"]
    assert isinstance(estimator, FittedUnderNull)
    rejected = 0
    for _ in range(400):
        outcome = rng.normal(size=treatment.shape)
        outcome[0, [37, 38] if missing == "treated" else np.r_[3:18]] = np.nan
        found = statistics(labelled(outcome, treatment), estimator, 0.0)
        rejected += int(np.sum(found >= found[0])) <= rejecting_ranks(len(found), 0.9)
    assert rejected / 400 == pytest.approx(0.1, abs=0.045)


def test_gaps_that_leave_too_few_shifts_are_refused_with_the_number_needed() -> None:
    panel = panel_of(1)
    outcome = panel.outcome.copy()
    outcome[0, [4, 11]] = np.nan
    assert "needs 20 of 24 shifts in time to meet no gap for a 0.95 interval; there are 18" in (
        refused(with_outcome(panel, outcome), "did")
    )


def test_too_few_periods_are_refused_with_the_number_needed() -> None:
    short = panel_of(1, periods=16)
    assert "needs 20 periods for a 0.95 interval; there are 16" in refused(short, "did")
    assert said(short, "did", level=0.9).placebos == 16


def test_what_fits_each_cell_by_itself_is_refused() -> None:
    assert "dwcp fits each treated cell by itself" in refused(panel_of(1), "dwcp")


def test_weights_of_cohorts_have_no_fit_to_all_periods_and_did_has() -> None:
    treatment = treated_as("staggered", 10, PERIODS)
    panel = labelled(noisy(10, PERIODS) + 3 * treatment, treatment)
    assert "unless all treated units share one run" in refused(panel, "sdid")
    assert said(panel, "did").placebos == PERIODS


def stairs(accepted: Callable[[float], bool]) -> Callable[[float], int]:
    return lambda tau: 2 if accepted(tau) else 1


def test_ends_are_found_far_away_and_to_a_ten_thousandth() -> None:
    low, high = interval(stairs(lambda tau: -3 < tau < 4000), 1, 5.0, 0.01, "conformal")
    assert low == pytest.approx(-3, abs=1e-2)
    assert high == pytest.approx(4000, rel=1e-3)


def test_with_two_hills_zero_decides_how_far_the_interval_goes() -> None:
    hills = stairs(lambda tau: abs(tau) < 1 or 3 < tau < 7)
    low, high = interval(hills, 1, 5.0, 0.5, "conformal")
    assert low == pytest.approx(-1, abs=1e-2)  # zero is accepted: what lies between is inside
    assert high == pytest.approx(7, abs=1e-2)
    low, _ = interval(stairs(lambda tau: -2 < tau < -1 or 3 < tau < 7), 1, 5.0, 9.0, "conformal")
    assert low == pytest.approx(3, abs=1e-2)  # zero is rejected: the search ends short of it


def test_a_rejected_estimate_and_an_endless_interval_are_refused() -> None:
    with pytest.raises(UnsupportedDesign, match=r"as large as the estimate .* is itself rejected"):
        interval(stairs(lambda tau: tau < 0), 1, 5.0, 1.0, "conformal")
    with pytest.raises(UnsupportedDesign, match="effects above the estimate are not rejected"):
        interval(stairs(lambda tau: tau > 0), 1, 5.0, 1.0, "conformal")


def test_residuals_that_are_all_zero_say_nothing() -> None:
    flat = labelled(np.zeros((10, PERIODS)), panel_of(0).treatment)
    assert "residuals are all zero" in refused(flat, "did")
    exact = labelled(additive(10, PERIODS) + 3 * flat.treatment, flat.treatment)
    assert "residuals are all zero" in refused(exact, "did")  # but for rounding


def test_the_kind_is_the_one_in_the_catalogue() -> None:
    assert ConformalTest() == KIND
