"""The reference package's early-stopped solver, compiled, against its twin step by step."""

import numpy as np
import pytest

from estimators import Panel
from estimators.core.panel import FloatArray
from estimators.solvers.frank_wolfe import two_pass_weights
from estimators.solvers.simplex import simplex_least_squares
from tests.estimators.panels import prop99
from tests.estimators.twins.frank_wolfe import noise, two_passes, unit_weights
from tests.estimators.twins.simplex import objective


def compiled(
    A: FloatArray, b: FloatArray, zeta: float, least: float
) -> tuple[FloatArray, int, float]:
    """The twin's arguments, demeaned as it does."""
    A, b = A - A.mean(axis=0), b - b.mean()
    return two_pass_weights(A, b, ridge=zeta**2 * len(b), decrease=least)


def before_and_own(panel: Panel) -> tuple[FloatArray, FloatArray]:
    before = panel.pre_periods
    own = panel.outcome[panel.treated_units].mean(axis=0)
    return panel.outcome[panel.control_units][:, before].T, own[before]


@pytest.mark.parametrize(("rows", "columns"), [(12, 30), (30, 12), (20, 20)])
@pytest.mark.parametrize("zeta", [0.0, 1e-6, 0.3])
def test_every_weight_is_that_of_the_twin(rows: int, columns: int, zeta: float) -> None:
    rng = np.random.default_rng(rows)
    A, b = rng.normal(size=(rows, columns)), rng.normal(size=rows)
    weights, _, _ = compiled(A, b, zeta, 1e-4)
    twin = two_passes(A, b, zeta, 1e-4, intercept=True)
    np.testing.assert_allclose(weights, twin, atol=1e-10)


def test_on_prop99_the_unit_weights_are_those_of_the_twin() -> None:
    panel = prop99()
    A, b = before_and_own(panel)
    sigma = noise(panel)
    weights, steps, _ = compiled(A, b, 12**0.25 * sigma, 1e-5 * sigma)
    np.testing.assert_allclose(weights, unit_weights(panel, 12**0.25), atol=1e-10)
    assert steps == 10_100  # both passes are cut off, not finished


def test_what_early_stopping_leaves_is_reported_and_bounds_the_distance_to_the_optimum() -> None:
    A, b = before_and_own(prop99())
    stopped, _, share = two_pass_weights(A, b, ridge=0.0, decrease=0.1)
    exact, _, _ = simplex_least_squares(A, b)
    left = objective(A, b, 0.0, stopped) - objective(A, b, 0.0, exact)
    scale = float(stopped @ np.sum((A.T - b) ** 2, axis=1))
    assert share > 1e-6
    assert 0 < left <= 2 * share * scale


def test_small_weights_of_the_first_pass_are_dropped() -> None:
    A, b = np.eye(40), np.append([0.6, 0.3], np.full(38, 0.1 / 38))
    weights, steps, _ = two_pass_weights(A, b, ridge=0.0, decrease=10.0)
    exact, _, _ = simplex_least_squares(A, b)
    assert steps == 4  # two a pass: from 40 equal weights to at most two large ones, and two more
    assert np.count_nonzero(weights) <= 4 < np.count_nonzero(exact)


def test_a_target_that_is_a_donor_is_matched_without_dividing_by_zero() -> None:
    A = np.repeat(np.arange(4.0)[:, None], 3, axis=1)
    weights, _, gap = two_pass_weights(A, A[:, 0], ridge=0.0, decrease=1e-6)
    assert weights.sum() == pytest.approx(1)
    assert gap == 0
