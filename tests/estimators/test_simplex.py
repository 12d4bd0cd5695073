"""Least squares over the simplex, against slow twins and against what holds at an optimum."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from estimators.core.errors import NotConverged
from estimators.core.panel import FloatArray
from estimators.solvers.nearest_point import nearest_point
from estimators.solvers.shrunken_weights import projection, shrunken_weights
from estimators.solvers.simplex import simplex_least_squares
from tests.estimators.panels import prop99
from tests.estimators.twins.simplex import objective, projected, projected_gradient, violation

NONE = np.zeros(0)
SHAPES = [(6, 15), (15, 6), (12, 12), (40, 300), (200, 30)]


def problem(rows: int, columns: int, seed: int) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, columns)), rng.normal(size=rows)


def awkward(A: FloatArray, kind: str, seed: int) -> FloatArray:
    """The donors of A, and what real panels put beside them."""
    rng = np.random.default_rng(seed)
    if kind == "copies":
        return np.hstack([A, A[:, :1], np.repeat(A[:, -1:], 2, axis=1)])
    if kind == "near copies":
        return np.hstack([A, A + 10.0 ** rng.integers(-12, -4) * rng.normal(size=A.shape)])
    if kind == "collinear":
        return np.outer(A[:, 0], rng.normal(size=A.shape[1]))
    if kind == "constant":
        return np.repeat(A[:1], len(A), axis=0)
    if kind == "one far away":
        return np.hstack([np.full((len(A), 1), 1e9), A])
    if kind == "unequal sizes":
        return np.asarray(A * np.exp(3 * rng.normal(size=A.shape[1])))
    if kind == "ties":
        return np.round(A)
    return A


KINDS = ("plain", "copies", "near copies", "collinear", "constant", "one far away",
         "unequal sizes", "ties")  # fmt: skip


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


def test_half_of_the_donors_may_reproduce_the_path_exactly_as_counts_do() -> None:
    target = np.array([2.0, 0.0, 1.0])
    A = target[:, None] + np.array([[2.0, 0, 0, 0], [3.0, 0, 0, 1], [2.0, 0, 0, 0]])
    weights, _, gap = simplex_least_squares(A, target)
    assert gap == 0.0
    np.testing.assert_array_equal(A @ weights, target)


@pytest.mark.parametrize(("rows", "columns"), [(6, 15), (15, 6), (12, 12)])
@pytest.mark.parametrize("ridge", [0.0, 0.3, 30.0])
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


@settings(max_examples=150, derandomize=True)
@given(
    rows=st.integers(1, 12),
    columns=st.integers(1, 25),
    ridge=st.sampled_from([0.0, 1e-9, 1e-4, 0.02, 1.0, 1e3]),
    kind=st.sampled_from(KINDS),
    scale=st.sampled_from([1e-6, 1.0, 1e9]),
    seed=st.integers(0, 10_000),
)
def test_the_answer_is_an_optimum_whatever_the_donors_are_like(
    rows: int, columns: int, ridge: float, kind: str, scale: float, seed: int
) -> None:
    A, b = problem(rows, columns, seed)
    A, b, ridge = scale * awkward(A, kind, seed), scale * b, ridge * scale**2
    weights, _, gap = simplex_least_squares(A, b, ridge=ridge)
    assert 0 <= gap <= 1e-10
    assert violation(A, b, ridge, weights) <= 1e-10


@settings(max_examples=40, derandomize=True)
@given(
    rows=st.integers(1, 8),
    columns=st.integers(1, 10),
    ridge=st.sampled_from([0.0, 1e-6, 1.0]),
    kind=st.sampled_from(("plain", "copies", "ties")),
    seed=st.integers(0, 10_000),
)
def test_no_corner_and_no_random_point_is_better(
    rows: int, columns: int, ridge: float, kind: str, seed: int
) -> None:
    A, b = problem(rows, columns, seed)
    A = awkward(A, kind, seed)
    weights, _, _ = simplex_least_squares(A, b, ridge=ridge)
    n = A.shape[1]
    others = np.vstack([np.eye(n), np.random.default_rng(seed).dirichlet(np.ones(n), 50)])
    best = min(objective(A, b, ridge, x) for x in others)
    assert objective(A, b, ridge, weights) <= best + 1e-12 * (best + 1)


@pytest.mark.parametrize(("rows", "columns"), SHAPES)
@pytest.mark.parametrize("ridge", [0.05, 1.0, 100.0])
def test_newton_and_the_walk_find_the_same_weights(rows: int, columns: int, ridge: float) -> None:
    A, b = problem(rows, columns, 7)
    points = np.ascontiguousarray(A.T - b)
    squares = np.sum(points**2, axis=1)
    ridge *= rows
    newton, steps, settled = shrunken_weights(points, squares, ridge, NONE)
    walk, _ = nearest_point(points, squares, ridge, NONE, 1.0)
    assert settled
    assert steps <= 15
    np.testing.assert_allclose(newton, walk, atol=1e-10)


@pytest.mark.parametrize(("rows", "columns"), SHAPES)
@pytest.mark.parametrize("ridge", [0.0, 0.001, 1.0])
def test_where_it_starts_does_not_change_where_it_ends(
    rows: int, columns: int, ridge: float
) -> None:
    A, b = problem(rows, columns, 3)
    # More donors than periods fit exactly in many ways: then the optimum has no single weights.
    b = b + 3 if ridge == 0 else b
    weights, steps, _ = simplex_least_squares(A, b, ridge=ridge)
    rng = np.random.default_rng(1)
    for start in (rng.dirichlet(np.full(columns, 0.1)), np.full(columns, 1 / columns)):
        again, _, _ = simplex_least_squares(A, b, ridge=ridge, start=start)
        np.testing.assert_allclose(again, weights, atol=1e-9)
    again, fewer, _ = simplex_least_squares(A, b, ridge=ridge, start=weights)
    np.testing.assert_allclose(again, weights, atol=1e-9)
    assert fewer <= steps


@pytest.mark.parametrize(("rows", "columns"), [(30, 40), (30, 500), (2, 3)])
@pytest.mark.parametrize("ridge", [0.0, 0.5, 5.0, 50.0])
def test_a_start_at_a_donor_far_away_is_no_obstacle(rows: int, columns: int, ridge: float) -> None:
    A, b = problem(rows, columns, 0)
    A = np.hstack([A, np.full((rows, 1), 1e9)])
    start = np.full(columns + 1, 1 / (columns + 1))
    weights, _, gap = simplex_least_squares(A, b, ridge=ridge, start=start)
    assert gap <= 1e-10
    assert violation(A, b, ridge, weights) <= 1e-10


@pytest.mark.parametrize("ridge", [0.0, 5.0])
@pytest.mark.parametrize("lost", [np.nan, 1e200])
def test_what_cannot_be_squared_is_refused_and_not_answered(ridge: float, lost: float) -> None:
    A, b = problem(6, 9, 0)
    A[2, 4] = lost
    with pytest.raises(NotConverged, match="no finite number"):
        simplex_least_squares(A, b, ridge=ridge)


@pytest.mark.parametrize(("rows", "columns"), SHAPES)
@pytest.mark.parametrize("ridge", [0.0, 1.0])
def test_donors_in_another_order_get_the_same_weights(
    rows: int, columns: int, ridge: float
) -> None:
    A, b = problem(rows, columns, 5)
    b = b + 3
    order = np.random.default_rng(2).permutation(columns)
    weights, _, _ = simplex_least_squares(A, b, ridge=ridge)
    moved, _, _ = simplex_least_squares(A[:, order], b, ridge=ridge)
    np.testing.assert_allclose(moved, weights[order], atol=1e-10)


@pytest.mark.parametrize("ridge", [0.0, 1.0])
@pytest.mark.parametrize("scale", [1e-6, 1e9])
def test_the_measure_of_the_outcome_does_not_matter(ridge: float, scale: float) -> None:
    A, b = problem(30, 50, 11)
    b = b + 2
    weights, _, _ = simplex_least_squares(A, b, ridge=ridge)
    scaled, _, _ = simplex_least_squares(scale * A, scale * b, ridge=scale**2 * ridge)
    np.testing.assert_allclose(scaled, weights, atol=1e-10)


@pytest.mark.parametrize("ridge", [0.0, 1.0])
def test_a_donor_without_weight_costs_no_digits_however_far_it_is(ridge: float) -> None:
    A, b = problem(30, 20, 13)
    weights, _, _ = simplex_least_squares(A, b, ridge=ridge)
    on_this_side = b + 1e9 * (A @ weights - b)
    found, _, gap = simplex_least_squares(np.column_stack([A, on_this_side]), b, ridge=ridge)
    assert gap <= 1e-12
    np.testing.assert_allclose(found, np.append(weights, 0.0), atol=1e-9)


@pytest.mark.parametrize("ridge", [0.0, 10.0])
def test_threads_and_repetition_change_no_bit(ridge: float) -> None:
    A, b = problem(30, 200, 17)
    alone, _, _ = simplex_least_squares(A, b, ridge=ridge)
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: simplex_least_squares(A, b, ridge=ridge), range(8)))
    for weights, _, _ in runs:
        np.testing.assert_array_equal(weights, alone)


@pytest.mark.parametrize("columns", [1, 2, 7, 100])
def test_projection_on_the_simplex_is_the_one_by_sorting(columns: int) -> None:
    for seed in range(20):
        v = 3 * np.random.default_rng(seed).normal(size=columns)
        np.testing.assert_allclose(projection(v), projected(v), atol=1e-14)
