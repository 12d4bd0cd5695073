"""Which weights are taken where several would do, and where there is nothing to choose."""

import numpy as np

from estimators.solvers.simplex import simplex_least_squares
from tests.estimators.test_simplex import problem


def test_of_equal_donors_without_ridge_the_first_is_taken() -> None:
    A, b = problem(20, 5, 19)
    weights, _, _ = simplex_least_squares(A, b)
    doubled, _, _ = simplex_least_squares(np.hstack([A, A]), b)
    np.testing.assert_allclose(doubled, np.append(weights, np.zeros(5)), atol=1e-12)


def test_equal_donors_share_their_weight_under_a_ridge() -> None:
    A, b = problem(20, 5, 19)
    doubled, _, _ = simplex_least_squares(np.hstack([A, A]), b, ridge=5.0)
    np.testing.assert_allclose(doubled[:5], doubled[5:], atol=1e-12)


def test_a_path_that_is_a_donor_gets_all_weight_on_it() -> None:
    A, _ = problem(9, 5, 1)
    weights, _, gap = simplex_least_squares(A, A[:, 3])
    np.testing.assert_allclose(weights, np.eye(5)[3], atol=1e-9)
    assert gap == 0


def test_donors_all_equal_to_the_target_share_the_weight() -> None:
    weights, steps, gap = simplex_least_squares(np.ones((4, 3)), np.ones(4))
    assert (steps, gap) == (0, 0.0)
    np.testing.assert_array_equal(weights, np.full(3, 1 / 3))


def test_a_single_donor_has_all_the_weight() -> None:
    weights, steps, gap = simplex_least_squares(np.ones((4, 1)), np.zeros(4), ridge=2.0)
    assert (weights.tolist(), steps, gap) == ([1.0], 0, 0.0)
