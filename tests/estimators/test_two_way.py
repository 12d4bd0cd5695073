"""Weighted two-way effects, against regression on dummies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimators import ESTIMATORS
from estimators.core.designs import identified
from estimators.core.panel import BoolArray, FloatArray
from estimators.solvers.leave_one_out import leave_one_out
from estimators.solvers.low_rank import two_way_low_rank
from estimators.solvers.two_way import TwoWay
from tests.estimators.panels import DESIGNS, labelled, prop99, small, softdrinks
from tests.estimators.twins.least_squares import two_way_by_dummies


@settings(max_examples=40, derandomize=True)
@given(
    units=st.integers(2, 9),
    periods=st.integers(2, 9),
    share=st.floats(0.3, 1.0),
    decay=st.floats(0.0, 2.0),
    seed=st.integers(0, 10_000),
)
def test_fitted_values_are_those_of_dummies_wherever_they_are_determined(
    units: int, periods: int, share: float, decay: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    Y = rng.normal(size=(units, periods))
    usable = rng.random((units, periods)) < share
    usable[0, 0] = True
    treatment = np.zeros_like(usable)
    treatment[0, 0] = True  # a panel must have a treated cell; identified() reads usable cells
    a, b = np.exp(-decay * rng.random(units)), np.exp(-decay * np.arange(periods))
    fit = two_way_low_rank(
        np.where(usable, Y, np.nan), usable, np.inf, unit_weights=a, period_weights=b
    )
    twin = two_way_by_dummies(Y, usable, a[:, None] * b)
    hidden = usable.copy()
    hidden[0, 0] = False
    sure = identified(labelled(np.where(hidden, Y, np.nan), treatment))
    np.testing.assert_allclose(fit.surface()[sure], twin[sure], atol=1e-7)
    np.testing.assert_allclose(fit.surface()[usable], twin[usable], atol=1e-7)


@pytest.mark.parametrize("design", DESIGNS)
def test_did_imputes_what_regression_on_dummies_imputes(design: str) -> None:
    panel = small(design)
    twin = two_way_by_dummies(panel.outcome, panel.usable)
    found = ESTIMATORS["did"].fit(panel).counterfactual
    np.testing.assert_allclose(found, twin, atol=1e-9)


def test_did_on_prop99_is_the_double_difference_of_means() -> None:
    panel = prop99()
    own, others = panel.outcome[panel.treated_units], panel.outcome[panel.control_units]
    before, after = panel.pre_periods, ~panel.pre_periods
    double = (own[:, after].mean() - own[:, before].mean()) - (
        others[:, after].mean() - others[:, before].mean()
    )
    fit = ESTIMATORS["did"].fit(panel)
    found = (panel.outcome - fit.counterfactual)[panel.treatment].mean()
    assert found == pytest.approx(double, abs=1e-10)


def test_did_on_softdrinks_is_imputation_by_regression_on_dummies() -> None:
    panel = softdrinks()
    assert panel.outcome.shape == (102, 52)
    assert int(panel.treatment.sum()) == 2370
    twin = two_way_by_dummies(panel.outcome, panel.usable)
    found = ESTIMATORS["did"].fit(panel).counterfactual
    np.testing.assert_allclose(found[panel.treatment], twin[panel.treatment], atol=1e-9)


def left_out_one_by_one(outcome: FloatArray, usable: BoolArray) -> FloatArray:
    """Every usable cell from a regression on dummies without it; nan where nothing joins it."""
    predicted = np.full(outcome.shape, np.nan)
    for unit, period in np.argwhere(usable):
        left = usable.copy()
        left[unit, period] = False
        treatment = np.zeros_like(usable)
        treatment[unit, period] = True
        panel = labelled(np.where(left, outcome, np.nan), treatment)
        if identified(panel)[unit, period]:
            predicted[unit, period] = two_way_by_dummies(outcome, left)[unit, period]
    return predicted


@settings(max_examples=25, derandomize=True)
@given(
    units=st.integers(2, 8),
    periods=st.integers(2, 8),
    share=st.floats(0.3, 1.0),
    seed=st.integers(0, 10_000),
)
def test_leaving_a_cell_out_by_division_is_fitting_without_it(
    units: int, periods: int, share: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    Y, usable = rng.normal(size=(units, periods)), rng.random((units, periods)) < share
    usable[0, 0] = usable[1, 1] = True
    found = leave_one_out(np.where(usable, Y, np.nan), usable)
    np.testing.assert_allclose(found, left_out_one_by_one(Y, usable), atol=1e-9)


@pytest.mark.parametrize("design", DESIGNS)
def test_cells_are_left_out_of_every_design(design: str) -> None:
    panel = small(design)
    twin = left_out_one_by_one(panel.outcome, panel.usable)
    np.testing.assert_allclose(leave_one_out(panel.outcome, panel.usable), twin, atol=1e-9)


def test_a_cell_that_alone_joins_two_parts_of_a_panel_is_predicted_by_nothing() -> None:
    usable = np.kron(np.eye(2, dtype=bool), np.ones((3, 4), dtype=bool))
    usable[0, 4] = True  # the bridge
    found = leave_one_out(np.random.default_rng(0).normal(size=usable.shape), usable)
    assert np.isnan(found[0, 4])
    assert np.isfinite(found[usable]).sum() == usable.sum() - 1


@pytest.mark.parametrize("spread", [0.0, 1.0, 12.0])
def test_a_complete_row_changes_how_the_system_is_built_and_nothing_else(spread: float) -> None:
    """Weights over many orders of magnitude take the other way; both solve the same equations."""
    rng = np.random.default_rng(1)
    Y, usable = rng.normal(size=(9, 7)), rng.random((9, 7)) < 0.8
    usable[4] = True
    a, b = np.exp(-spread * rng.random(9)), np.exp(-spread * rng.random(7))
    alpha, beta = TwoWay(usable, a, b).fit(Y)
    left = a[:, None] * b * np.where(usable, Y - alpha[:, None] - beta, 0.0)
    np.testing.assert_allclose(left.sum(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(left.sum(axis=1), 0.0, atol=1e-12)
