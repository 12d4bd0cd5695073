"""Our own intervals over time: exact limits, positions in turn, and when it is called off."""

import numpy as np
import pytest
from scipy import stats

from estimators.calibration.limits import exact_limits
from estimators.calibration.standing import next_positions, standing
from tests.estimators.panels import labelled, noisy, treated_as


@pytest.mark.parametrize(("hits", "count"), [(0, 10), (3, 10), (10, 10), (187, 200)])
def test_limits_are_those_of_clopper_and_pearson(hits: int, count: int) -> None:
    found = stats.binomtest(hits, count).proportion_ci(0.99, method="exact")
    assert exact_limits(hits, count, 0.99) == pytest.approx((found.low, found.high))


def test_limits_of_nothing_say_nothing() -> None:
    assert exact_limits(0, 0, 0.99) == (0.0, 1.0)


def test_intervals_are_off_when_even_the_upper_limit_is_below_what_they_claim() -> None:
    assert not standing(0.95, [(100, 93), (100, 92)]).off
    assert standing(0.95, [(100, 80), (100, 82)]).off
    assert not standing(0.95, [(19, 5)]).off  # too few to say anything
    assert standing(0.95, []).coverage is None


def test_positions_come_in_turn_each_as_often_as_any_other() -> None:
    panel = labelled(noisy(10, 16), treated_as("block", 10, 16))
    visits = [next_positions(panel, visit, 7, seed=3) for visit in range(200)]
    seen = [(tuple(one.group), len(one.periods)) for found in visits for one in found]
    counts = np.unique([str(one) for one in seen], return_counts=True)[1]
    assert {len(found) for found in visits} == {7}
    assert counts.max() - counts.min() <= 1
    assert [tuple(one.group) for one in visits[0]] == [
        tuple(one.group) for one in next_positions(panel, 0, 7, seed=3)
    ]
