"""The nuclear-norm solver, against plain proximal gradient, and its certificate.

Stated tolerances: objectives agree to 1e-7 of the loss without factors, fitted values to 1e-4 of
the outcome's spread; and no point the twin finds is below what the certificate allows.
"""

import numpy as np
import pytest

from estimators import NotConverged
from estimators.core.panel import BoolArray, FloatArray
from estimators.solvers.low_rank import LowRank, largest_penalty, two_way_low_rank
from tests.estimators.panels import noisy
from tests.estimators.twins.low_rank import objective, proximal_gradient

UNITS, PERIODS = 12, 9
WEIGHTS = {
    "equal": (np.ones(UNITS), np.ones(PERIODS)),
    "unit": (np.exp(-np.linspace(0, 2, UNITS)), np.ones(PERIODS)),
    "both": (np.exp(-np.linspace(0, 2, UNITS)), np.exp(-0.4 * np.arange(PERIODS)[::-1])),
}


def cells(pattern: str) -> BoolArray:
    if pattern == "block":
        usable = np.ones((UNITS, PERIODS), dtype=bool)
        usable[:2, 6:] = False
        return usable
    return np.random.default_rng(3).random((UNITS, PERIODS)) < 0.8


def parts(found: LowRank) -> tuple[FloatArray, FloatArray]:
    return found.unit_effects[:, None] + found.period_effects, found.left @ found.right.T


@pytest.mark.parametrize("pattern", ["block", "scattered"])
@pytest.mark.parametrize("weighting", list(WEIGHTS))
@pytest.mark.parametrize("share", [0.6, 0.2, 0.03])
def test_the_optimum_is_that_of_plain_proximal_gradient(
    pattern: str, weighting: str, share: float
) -> None:
    Y, usable = noisy(UNITS, PERIODS, seed=5), cells(pattern)
    a, b = WEIGHTS[weighting]
    penalty = share * largest_penalty(Y, usable)
    found = two_way_low_rank(Y, usable, penalty, unit_weights=a, period_weights=b)
    w = np.where(usable, a[:, None] * b, 0.0)
    two_way, L = proximal_gradient(Y, usable, w, penalty)
    ours, twins = objective(Y, w, penalty, *parts(found)), objective(Y, w, penalty, two_way, L)
    plain = two_way_low_rank(Y, usable, np.inf, unit_weights=a, period_weights=b)
    base = objective(Y, w, np.inf, plain.surface(), np.zeros_like(Y))
    assert twins >= ours - (max(found.gap, 0) + 1e-12) * base
    assert twins == pytest.approx(ours, abs=1e-7 * base)
    np.testing.assert_allclose(found.surface()[usable], (two_way + L)[usable], atol=1e-4 * Y.std())


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-6])
def test_a_loose_answer_says_how_loose_it_is(tolerance: float) -> None:
    Y, usable = noisy(UNITS, PERIODS, seed=6), cells("scattered")
    a, b = WEIGHTS["unit"]
    penalty = 0.1 * largest_penalty(Y, usable)

    def solved(penalty: float, tolerance: float) -> LowRank:
        return two_way_low_rank(
            Y, usable, penalty, unit_weights=a, period_weights=b, tolerance=tolerance
        )

    loose, exact = solved(penalty, tolerance), solved(penalty, 1e-11)
    w = np.where(usable, a[:, None] * b, 0.0)
    base = objective(Y, w, np.inf, solved(np.inf, 1.0).surface(), np.zeros_like(Y))
    excess = objective(Y, w, penalty, *parts(loose)) - objective(Y, w, penalty, *parts(exact))
    assert loose.gap <= tolerance
    assert -1e-10 * base <= excess <= loose.gap * base + 1e-10 * base


def test_above_the_largest_penalty_nothing_is_left_of_the_factors() -> None:
    Y, usable = noisy(UNITS, PERIODS, seed=7), cells("scattered")
    largest = largest_penalty(Y, usable)
    plain = two_way_low_rank(Y, usable, np.inf).surface()
    np.testing.assert_allclose(
        two_way_low_rank(Y, usable, 1.0001 * largest).surface(), plain, atol=1e-6
    )
    below = two_way_low_rank(Y, usable, 0.95 * largest)
    assert np.linalg.norm(below.left @ below.right.T) > 1e-3


@pytest.mark.parametrize("design", ["block", "scattered"])
@pytest.mark.parametrize("weighting", ["equal", "both"])
def test_the_starting_point_does_not_matter(design: str, weighting: str) -> None:
    Y, usable = noisy(UNITS, PERIODS, seed=8), cells(design)
    a, b = WEIGHTS[weighting]
    penalty = 0.1 * largest_penalty(Y, usable)

    def solved(start: LowRank | None) -> FloatArray:
        return two_way_low_rank(
            Y, usable, penalty, unit_weights=a, period_weights=b, start=start, tolerance=1e-11
        ).surface()

    cold = solved(None)
    rng = np.random.default_rng(0)
    for size in (0.1, 1.0, 30.0):
        start = LowRank(
            np.zeros(UNITS), np.zeros(PERIODS), size * rng.normal(size=(UNITS, 6)),
            size * rng.normal(size=(PERIODS, 6)), 0.0, 0,
        )  # fmt: skip
        within = 1e-9 if weighting == "equal" else 1e-4
        np.testing.assert_allclose(solved(start), cold, atol=within)


@pytest.mark.parametrize("size", [1.0, 3.0, 10.0])
def test_a_start_far_away_does_not_hinder_very_local_weights(size: float) -> None:
    """Cells of weight near zero once kept an unlucky start alive for 20,000 steps."""
    Y, usable = noisy(10, 16, seed=0), np.ones((10, 16), dtype=bool)
    usable[:2, 13:] = False
    b = np.exp(-4.0 * np.abs(np.arange(16) - 13))
    rng = np.random.default_rng(1)
    start = LowRank(
        np.zeros(10), np.zeros(16), size * rng.normal(size=(10, 8)),
        size * rng.normal(size=(16, 8)), 0.0, 0,
    )  # fmt: skip
    found = two_way_low_rank(
        Y / Y.std(), usable, 0.01, period_weights=b, start=start, tolerance=1e-5
    )
    assert found.gap <= 1e-5


def test_a_wide_panel_is_a_tall_one_lying_down() -> None:
    Y, usable = noisy(UNITS, PERIODS, seed=9), cells("scattered")
    a, b = WEIGHTS["both"]
    tall = two_way_low_rank(Y, usable, 2.0, unit_weights=a, period_weights=b, tolerance=1e-11)
    wide = two_way_low_rank(Y.T, usable.T, 2.0, unit_weights=b, period_weights=a, tolerance=1e-11)
    np.testing.assert_allclose(tall.surface(), wide.surface().T, atol=1e-4)


@pytest.mark.parametrize("penalty", [0.0, -1.0, np.nan])
def test_no_penalty_at_all_is_refused(penalty: float) -> None:
    with pytest.raises(ValueError, match=r"penalty must be positive \(np.inf for no low-rank part"):
        two_way_low_rank(noisy(4, 4), np.ones((4, 4), dtype=bool), penalty)


def test_running_out_of_sweeps_is_an_error_that_says_how_far_it_got() -> None:
    Y, usable = noisy(UNITS, PERIODS, seed=5), cells("scattered")
    a, b = WEIGHTS["both"]
    with pytest.raises(NotConverged, match=r"duality gap .* after 8 steps, needed 1e-12"):
        two_way_low_rank(
            Y, usable, 0.05, unit_weights=a, period_weights=b, tolerance=1e-12, max_sweeps=8
        )
