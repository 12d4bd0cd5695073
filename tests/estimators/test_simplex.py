"""Least squares over the simplex, against slow twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from estimators.core.panel import FloatArray
from estimators.solvers.simplex import simplex_least_squares
from tests.estimators.panels import prop99
from tests.estimators.twins.simplex import objective, projected_gradient


def problem(rows: int, columns: int, seed: int) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, columns)), rng.normal(size=rows)


def by_slsqp(A: FloatArray, b: FloatArray, ridge: float) -> FloatArray:
    n = A.shape[1]
    found = minimize(
        lambda x: objective(A, b, ridge, x),
        np.full(n, 1 / n),
        jac=lambda x: 2 * (A.T @ (A @ x - b) + ridge * x),
        bounds=[(0, None)] * n,
        constraints={"type": "eq", "fun": lambda x: x.sum() - 1, "jac": lambda x: np.ones(n)},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 2000},
    )
    return np.asarray(found.x)


@pytest.mark.parametrize(("rows", "columns"), [(6, 15), (15, 6), (12, 12)])
@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_the_minimum_is_that_of_projected_gradient_and_of_slsqp(
    rows: int, columns: int, ridge: float
) -> None:
    A, b = problem(rows, columns, rows * columns)
    weights, _, gap = simplex_least_squares(A, b, ridge=ridge)
    found = objective(A, b, ridge, weights)
    assert gap <= 1e-12
    assert found == pytest.approx(objective(A, b, ridge, projected_gradient(A, b, ridge)), abs=1e-9)
    assert found == pytest.approx(objective(A, b, ridge, by_slsqp(A, b, ridge)), abs=1e-8)
    if ridge or rows > columns:  # strictly convex: the weights too are unique
        np.testing.assert_allclose(weights, projected_gradient(A, b, ridge), atol=1e-6)


def test_on_prop99_projected_gradient_agrees_on_every_weight() -> None:
    panel = prop99()
    before = panel.pre_periods
    A = panel.outcome[panel.control_units][:, before].T
    b = panel.outcome[panel.treated_units][0, before]
    weights, _, _ = simplex_least_squares(A, b)
    np.testing.assert_allclose(weights, projected_gradient(A, b, steps=8_000), atol=1e-4)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    rows=st.integers(1, 8),
    columns=st.integers(1, 10),
    ridge=st.sampled_from([0.0, 1e-6, 1.0]),
    seed=st.integers(0, 10_000),
    copies=st.booleans(),
)
def test_no_corner_and_no_random_point_is_better(
    rows: int, columns: int, ridge: float, seed: int, copies: bool
) -> None:
    A, b = problem(rows, columns, seed)
    if copies:
        A = np.hstack([A, A[:, :1], np.repeat(A[:, -1:], 2, axis=1)])
    weights, _, gap = simplex_least_squares(A, b, ridge=ridge)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    largest = np.max(np.sum((A.T - b) ** 2, axis=1)) + ridge
    others = np.vstack(
        [np.eye(A.shape[1]), np.random.default_rng(seed).dirichlet(np.ones(A.shape[1]), 50)]
    )
    best = min(objective(A, b, ridge, x) for x in others)
    assert objective(A, b, ridge, weights) <= best + 2 * (gap + 1e-14) * largest


def test_a_path_that_is_a_donor_gets_all_weight_on_it() -> None:
    A, _ = problem(9, 5, 1)
    weights, _, _ = simplex_least_squares(A, A[:, 3])
    np.testing.assert_allclose(weights, np.eye(5)[3], atol=1e-9)


def test_donors_all_equal_to_the_target_share_the_weight() -> None:
    weights, steps, gap = simplex_least_squares(np.ones((4, 3)), np.ones(4))
    assert (steps, gap) == (0, 0.0)
    np.testing.assert_array_equal(weights, np.full(3, 1 / 3))
