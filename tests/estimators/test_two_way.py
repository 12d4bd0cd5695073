"""Weighted two-way effects, against regression on dummies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimators import ESTIMATORS
from estimators.core.designs import identified
from estimators.solvers.low_rank import two_way_low_rank
from tests.estimators.panels import DESIGNS, labelled, prop99, small, softdrinks
from tests.estimators.twins.least_squares import two_way_by_dummies


@settings(max_examples=40, deadline=None, derandomize=True)
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
