"""Covariates of SC, DIFP and SDID: taken out first, or chosen together with the weights."""

from typing import Any

import numpy as np
import pytest

from estimators import Estimator, Panel, UnsupportedDesign, att
from estimators.core.panel import FloatArray
from estimators.demeaned_synthetic_control import DemeanedSyntheticControl
from estimators.synthetic_control import SyntheticControl
from estimators.synthetic_did import SyntheticDifferenceInDifferences
from tests.estimators.panels import EFFECT, additive, noisy, small, treated_as
from tests.estimators.twins.least_squares import two_way_slopes
from tests.estimators.twins.weighting import Joint

METHODS = {
    "sc": SyntheticControl,
    "difp": DemeanedSyntheticControl,
    "sdid": SyntheticDifferenceInDifferences,
}
SLOPES = np.array([2.0, -1.5])


def method(name: str, **options: Any) -> Estimator:
    made: Estimator = METHODS[name](**options)
    return made


def panel_with(
    design: str,
    X: FloatArray,
    outcome: FloatArray | None = None,
    names: tuple[str, ...] = ("price", "rain"),
) -> Panel:
    treatment = treated_as(design)
    base = noisy(10, 16) if outcome is None else outcome
    Y = base + X[:, :, :2] @ SLOPES + EFFECT * treatment
    return Panel(
        Y, treatment, tuple(f"u{i}" for i in range(10)), tuple(range(16)), X, names
    )  # fmt: skip


def drawn(seed: int = 5, count: int = 2) -> FloatArray:
    return np.random.default_rng(seed).normal(0, 2, (10, 16, count))


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("design", ["block", "staggered"])
def test_projected_slopes_are_those_of_the_two_way_regression(name: str, design: str) -> None:
    panel = panel_with(design, drawn())
    fit = method(name, covariates="projected").fit(panel)
    slopes = two_way_slopes(panel)
    assert list(fit.coefficients) == ["price", "rain"]
    np.testing.assert_allclose(list(fit.coefficients.values()), slopes, atol=1e-9)
    assert panel.covariates is not None
    plain = Panel(
        panel.outcome - panel.covariates @ slopes, panel.treatment, panel.units, panel.periods
    )
    expected = method(name).fit(plain).counterfactual + panel.covariates @ slopes
    np.testing.assert_allclose(
        fit.counterfactual[panel.treated_units], expected[panel.treated_units], atol=1e-8
    )


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("choice", ["projected", "joint"])
def test_without_noise_slopes_and_effect_are_exact(name: str, choice: str) -> None:
    """For sc units have one level: it matches levels, and these could not be matched."""
    base = additive(10, 16)
    base = base - base.mean(axis=1, keepdims=True) if name == "sc" else base
    panel = panel_with("block", drawn(), base)
    fit = method(name, covariates=choice).fit(panel)
    np.testing.assert_allclose(list(fit.coefficients.values()), SLOPES, atol=1e-5)
    assert att(panel, fit) == pytest.approx(EFFECT, abs=1e-5)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("seed", [5, 6])
def test_joint_is_as_low_as_a_general_optimiser_over_everything_at_once(
    name: str, seed: int
) -> None:
    panel = panel_with("block", drawn(seed))
    estimator = method(name, covariates="joint").tune(panel)
    zeta = estimator.zeta[0] if name == "sdid" else 0.0  # type: ignore[attr-defined]
    fit = estimator.fit(panel)
    assert fit.optimality < 1e-7
    (weights,) = fit.weights
    assert weights.units is not None
    periods = np.zeros(0) if weights.periods is None else weights.periods[:13]
    beta = np.array(list(fit.coefficients.values()))
    whole = Joint(name, panel, zeta)
    found = whole.value(beta, weights.units[panel.control_units], periods)
    ends = [whole.optimum(start) for start in (np.zeros(2), SLOPES, -SLOPES)]
    lowest, slopes = min(ends, key=lambda end: end[0])
    assert found <= lowest + 1e-7
    np.testing.assert_allclose(beta, slopes, atol=2e-3)


@pytest.mark.parametrize("name", METHODS)
def test_joint_and_projected_are_different_estimators(name: str) -> None:
    panel = panel_with("block", drawn())
    found = [
        att(panel, method(name, covariates=choice).fit(panel)) for choice in ("projected", "joint")
    ]
    assert abs(found[0] - found[1]) > 1e-3


def test_joint_slopes_of_cohorts_are_named_after_them() -> None:
    fit = method("sdid", covariates="joint").fit(panel_with("staggered", drawn()))
    assert list(fit.coefficients) == [
        "price, treated from 11", "rain, treated from 11",
        "price, treated from 13", "rain, treated from 13",
    ]  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("choice", ["projected", "joint"])
def test_slopes_go_with_the_measure_of_the_covariate(name: str, choice: str) -> None:
    X = drawn()
    panel = panel_with("block", X)
    scaled = Panel(
        panel.outcome, panel.treatment, panel.units, panel.periods,
        X * np.array([1e-3, 1e6]) + np.array([0.0, 1e7]), ("price", "rain"),
    )  # fmt: skip
    plain, moved = (method(name, covariates=choice).fit(one) for one in (panel, scaled))
    assert att(scaled, moved) == pytest.approx(att(panel, plain), abs=2e-5)
    assert moved.coefficients["price"] == pytest.approx(1e3 * plain.coefficients["price"], rel=1e-4)
    assert moved.coefficients["rain"] == pytest.approx(1e-6 * plain.coefficients["rain"], rel=1e-4)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("choice", ["projected", "joint"])
def test_no_treated_outcome_moves_a_slope(name: str, choice: str) -> None:
    panel = panel_with("staggered", drawn())
    hidden = Panel(
        np.where(panel.treatment, np.nan, panel.outcome), panel.treatment, panel.units,
        panel.periods, panel.covariates, panel.covariate_names,
    )  # fmt: skip
    estimator = method(name, covariates=choice)
    seen, unseen = estimator.fit(panel), estimator.fit(hidden)
    assert seen.coefficients == unseen.coefficients
    np.testing.assert_array_equal(seen.counterfactual, unseen.counterfactual)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("choice", ["projected", "joint"])
def test_a_covariate_that_others_make_up_is_named(name: str, choice: str) -> None:
    X = drawn(count=3)
    X[:, :, 2] = X[:, :, 0] - 2 * X[:, :, 1] + np.arange(16)  # a common trend more
    with pytest.raises(
        UnsupportedDesign, match=r"1 of 3 covariates apart: (a|b|c) is a combination"
    ):
        method(name, covariates=choice).fit(panel_with("block", X, names=("a", "b", "c")))
    X[:, :, 2] = np.arange(16)
    with pytest.raises(UnsupportedDesign, match=r"1 of 3 covariates apart: c does not vary beyond"):
        method(name, covariates=choice).fit(panel_with("block", X, names=("a", "b", "c")))


@pytest.mark.parametrize("name", METHODS)
def test_covariates_that_are_not_used_are_mentioned(name: str) -> None:
    panel = panel_with("block", drawn())
    plain = Panel(panel.outcome, panel.treatment, panel.units, panel.periods)
    fit = method(name).fit(panel)
    assert fit.notes == (
        "2 covariates are not used (price, rain); covariates: projected or joint uses them",
    )
    np.testing.assert_array_equal(fit.counterfactual, method(name).fit(plain).counterfactual)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("choice", ["projected", "joint"])
def test_covariates_that_are_not_there_cannot_be_used(name: str, choice: str) -> None:
    with pytest.raises(UnsupportedDesign, match=f"{name} was asked for {choice} covariates"):
        method(name, covariates=choice).fit(small("block"))


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("choice", ["projected", "joint"])
def test_cell_by_cell_covariates_help_too(name: str, choice: str) -> None:
    panel = panel_with("on_off", drawn())
    base = additive(10, 16)
    base = base - base.mean(axis=1, keepdims=True) if name == "sc" else base
    panel = panel_with("on_off", drawn(), base)
    fit = method(name, covariates=choice, on_off="per_cell").fit(panel)
    assert att(panel, fit) == pytest.approx(EFFECT, abs=0.05 if choice == "joint" else 1e-6)
