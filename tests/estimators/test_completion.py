"""Matrix completion over the missing cells, against plain proximal gradient and its certificate.

Stated tolerances: fitted values agree with the twin to 1e-6 of the outcome's spread, objectives to
1e-9 of the loss without factors; cells stand still to 1e-9 of the spread.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimators.core.panel import BoolArray, FloatArray
from estimators.solvers.completion import SETTLED, complete
from estimators.solvers.filled_panel import above
from estimators.solvers.incomplete_panel import IncompletePanel
from estimators.solvers.newton import change, slopes
from tests.estimators.panels import noisy
from tests.estimators.twins.least_squares import two_way_by_dummies
from tests.estimators.twins.low_rank import objective, proximal_gradient

MASKS = ("one unit", "block", "staggered", "half of the units", "scattered", "no complete row")


def mask(kind: str, units: int, periods: int) -> BoolArray:
    usable = np.ones((units, periods), dtype=bool)
    rng = np.random.default_rng(4)
    if kind == "one unit":
        usable[3, periods - 3 :] = False
    elif kind == "block":
        usable[:3, periods - 4 :] = False
    elif kind == "staggered":
        for i in range(4):
            usable[i, periods - 2 - i :] = False
    elif kind == "half of the units":
        usable[: units // 2, periods // 2 :] = False
    elif kind == "scattered":
        usable = rng.random((units, periods)) < 0.9
    else:
        usable = rng.random((units, periods)) < 0.7
        usable[np.arange(units), np.arange(units) % periods] = False
    return usable


def solved(
    Y: FloatArray,
    usable: BoolArray,
    penalty: float,
    tolerance: float = 1e-9,
    still: float = SETTLED,
) -> tuple[FloatArray, FloatArray, float]:
    """α + β and L, both (N, T), and the duality gap."""
    problem = IncompletePanel(np.where(usable, Y, np.nan), usable, penalty)
    found = complete(problem, penalty, start=None, tolerance=tolerance, still=still)
    alpha, beta, U, V = problem.parts(np.where(usable, Y, np.nan), found)
    return alpha[:, None] + beta, U @ V.T, found.gap


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("share", [0.6, 0.15, 0.03])
@pytest.mark.parametrize("shape", [(14, 9), (8, 13)], ids=["tall", "wide"])
def test_the_optimum_is_that_of_plain_proximal_gradient(
    kind: str, share: float, shape: tuple[int, int]
) -> None:
    Y, usable = noisy(*shape, seed=5), mask(kind, *shape)
    penalty = share * IncompletePanel(Y, usable).largest_penalty
    w = usable.astype(float)
    two_way, L, gap = solved(Y, usable, penalty)
    twin_two_way, twin_L = proximal_gradient(Y, usable, w, penalty, steps=20_000)
    base = objective(Y, w, np.inf, two_way_by_dummies(Y, usable), np.zeros_like(Y))
    ours = objective(Y, w, penalty, two_way, L)
    assert gap <= 1e-9
    assert ours <= objective(Y, w, penalty, twin_two_way, twin_L) + 1e-9 * base
    np.testing.assert_allclose(two_way + L, twin_two_way + twin_L, rtol=0, atol=1e-6 * Y.std())


@settings(max_examples=40, derandomize=True)
@given(
    units=st.integers(3, 12),
    periods=st.integers(3, 12),
    share=st.floats(0.4, 0.99),
    fraction=st.floats(0.001, 1.5),
    seed=st.integers(0, 10_000),
)
def test_no_panel_and_no_penalty_keeps_it_from_a_certified_end(
    units: int, periods: int, share: float, fraction: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    Y, usable = noisy(units, periods, seed), rng.random((units, periods)) < share
    usable[0, 0] = True
    problem = IncompletePanel(Y, usable)
    if problem.largest_penalty < 1e-9 * Y.std():
        return  # so few cells that two-way effects fit them all
    two_way, L, gap = solved(Y, usable, fraction * problem.largest_penalty)
    assert -1e-12 <= gap <= 1e-9
    some = np.any(usable, axis=1, keepdims=True) & np.any(usable, axis=0, keepdims=True)
    assert np.isfinite((two_way + L)[some]).all()
    assert np.isnan((two_way + L)[~some]).all()


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-6])
def test_a_loose_answer_says_how_loose_it_is(kind: str, tolerance: float) -> None:
    Y, usable = noisy(14, 9, seed=6), mask(kind, 14, 9)
    penalty = 0.1 * IncompletePanel(Y, usable).largest_penalty
    w = usable.astype(float)
    _, L, gap = solved(Y, usable, penalty, tolerance, np.inf)
    exact = objective(Y, w, penalty, *solved(Y, usable, penalty)[:2])
    base = objective(Y, w, np.inf, two_way_by_dummies(Y, usable), np.zeros_like(Y))
    assert gap <= tolerance
    # the certificate is about the point with its own exact two-way effects
    own = two_way_by_dummies(Y - L, usable)
    assert -1e-12 * base <= objective(Y, w, penalty, own, L) - exact <= (gap + 1e-12) * base


@pytest.mark.parametrize("kind", MASKS)
def test_the_way_there_does_not_matter(kind: str) -> None:
    Y, usable = noisy(14, 9, seed=7), mask(kind, 14, 9)
    problem = IncompletePanel(Y, usable)
    penalty = 0.05 * problem.largest_penalty
    cold = complete(problem, penalty, start=None, tolerance=1e-9)
    along = None
    for share in (0.7, 0.5, 0.2, 0.1):
        along = complete(
            problem, share * problem.largest_penalty, start=along, tolerance=1e-4, still=np.inf
        )
    rng = np.random.default_rng(0)
    for start in (along, problem.begin(100 * rng.normal(size=Y.shape))):
        warm = complete(problem, penalty, start=start, tolerance=1e-9)
        np.testing.assert_allclose(warm.values, cold.values, rtol=0, atol=1e-9 * Y.std())


def test_the_largest_penalty_is_where_factors_begin() -> None:
    Y, usable = noisy(14, 9, seed=8), mask("block", 14, 9)
    residual = np.where(usable, Y - two_way_by_dummies(Y, usable), 0.0)
    largest = IncompletePanel(Y, usable).largest_penalty
    assert largest == pytest.approx(2 * np.linalg.norm(residual, 2), rel=1e-12)
    assert not solved(Y, usable, 1.0001 * largest)[1].any()
    assert np.linalg.norm(solved(Y, usable, 0.999 * largest)[1]) > 1e-4


def test_what_is_predicted_in_missing_cells_is_the_fitted_surface() -> None:
    Y, usable = noisy(8, 13, seed=9), mask("staggered", 8, 13)
    problem = IncompletePanel(Y, usable)
    found = complete(problem, 2.0, start=None, tolerance=1e-9)
    alpha, beta, U, V = problem.parts(Y, found)
    surface = alpha[:, None] + beta + U @ V.T
    assert sorted(problem.cells) == np.flatnonzero(~usable).tolist()
    np.testing.assert_allclose(
        problem.predicted(found), surface.ravel()[problem.cells], atol=1e-8 * Y.std()
    )


def test_a_change_of_the_residual_is_its_derivative() -> None:
    """`change` against a difference of X W on both sides of a point, degenerate values included."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(9, 6))
    left, _, right = np.linalg.svd(X, full_matrices=False)
    X = (left * [5.0, 3.0, 3.0, 1.5, 0.4, 0.4]) @ right  # τ = 1 below; ties on both sides of it
    D = rng.normal(size=X.shape)

    def weight(point: FloatArray) -> FloatArray:
        values, vectors = np.linalg.eigh(point.T @ point)
        return np.asarray(vectors * np.minimum(1.0, 1.0 / np.sqrt(values)) @ vectors.T)

    step = 1e-5
    slope = X @ (weight(X + step * D) - weight(X - step * D)) / (2 * step)
    values, V = np.linalg.eigh(X.T @ X)
    singular, low, high = above(values, 1.0), V[:, :2], V[:, 2:]
    assert len(singular) == 4
    turned = np.hstack(change(slopes(values, singular, 1.0), X @ low, X @ high, D @ low, D @ high))
    np.testing.assert_allclose(turned @ V.T, slope, atol=1e-7)


@pytest.mark.parametrize("kind", MASKS)
def test_a_penalty_that_is_tiny_beside_the_outcomes_is_not_lost_in_rounding(kind: str) -> None:
    """One unit a million times the others: the square of its size, rounded, is above λ squared."""
    Y, usable = noisy(14, 9, seed=10), mask(kind, 14, 9)
    Y[7] *= 1e6
    _, L, gap = solved(Y, usable, 1.0)
    assert gap <= 1e-9
    left = np.where(usable, Y - L - two_way_by_dummies(Y - L, usable), 0.0)
    assert np.linalg.norm(left, 2) == pytest.approx(0.5, rel=1e-4)  # what the optimum leaves is λ/2


@pytest.mark.parametrize("kind", MASKS)
def test_with_and_without_the_square_it_is_the_same_problem(kind: str) -> None:
    Y, usable = noisy(14, 9, seed=11), mask(kind, 14, 9)
    squared, rooted = IncompletePanel(Y, usable), IncompletePanel(Y, usable, 1e-9)
    assert squared.root is None
    assert rooted.root is not None
    first, second = (
        complete(problem, 2.0, start=None, tolerance=1e-9).values for problem in (squared, rooted)
    )
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-9 * Y.std())
