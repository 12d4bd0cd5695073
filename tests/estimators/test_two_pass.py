"""The reference package's early-stopped solver, compiled, against its twin step by step.

[C] the tests of the authors' R package synthdid      [M] recomputed for this project
"""

import numpy as np
import pytest

from estimators import Panel, att
from estimators.core.panel import FloatArray
from estimators.solvers.frank_wolfe import two_pass_weights
from estimators.solvers.simplex import simplex_least_squares
from estimators.synthetic_did import SyntheticDifferenceInDifferences
from tests.estimators.panels import prop99, small
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


def test_sdid_by_this_solver_has_the_digits_of_the_authors_package() -> None:
    panel = prop99()
    fit = SyntheticDifferenceInDifferences(solver="two_pass").fit(panel)
    assert att(panel, fit) == pytest.approx(-15.603829, abs=5e-6)  # [C]
    assert fit.optimality > 1e-6  # stopped early, and said so


def test_sc_and_difp_by_this_solver_have_the_digits_of_the_authors_package() -> None:
    panel = prop99()
    Y, before = panel.outcome[panel.control_units], panel.pre_periods
    own = panel.outcome[panel.treated_units].mean(axis=0)
    A, b = before_and_own(panel)
    sigma = noise(panel)
    ridge = (1e-6 * sigma) ** 2 * len(b)
    levels, _, _ = two_pass_weights(A, b, ridge=ridge, decrease=1e-5 * sigma)
    sc = (own - levels @ Y)[~before].mean()
    assert sc == pytest.approx(-19.619665, abs=5e-6)  # [C]
    shifted, _, _ = compiled(A, b, 1e-6 * sigma, 1e-5 * sigma)
    above = own - shifted @ Y
    difp = above[~before].mean() - above[before].mean()
    assert difp == pytest.approx(-11.10464, abs=5e-5)  # [M]


@pytest.mark.parametrize("design", ["block", "staggered"])
def test_both_solvers_answer_nearly_alike(design: str) -> None:
    panel = small(design)
    exact = SyntheticDifferenceInDifferences().tune(panel)
    stopped = SyntheticDifferenceInDifferences(solver="two_pass").tune(panel)
    assert exact.zeta == stopped.zeta
    effect = att(panel, exact.fit(panel))
    assert att(panel, stopped.fit(panel)) == pytest.approx(effect, abs=0.05)
    assert exact.fit(panel).optimality < 1e-12


def test_covariates_chosen_jointly_refuse_weights_that_are_not_optimal() -> None:
    with pytest.raises(ValueError, match="two_pass goes with ignore or projected"):
        SyntheticDifferenceInDifferences(solver="two_pass", covariates="joint")
