"""Standard error, interval and p-value: all from one variance, by one t distribution."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from estimators import Variance
from estimators.variance.inference import critical_value, infer


def variance(value: float, df: float) -> Variance:
    return Variance("marginal", value, df, 10, "by hand")


@settings(max_examples=200, derandomize=True)
@given(
    effect=st.floats(-1e6, 1e6),
    error=st.floats(1e-6, 1e6),
    df=st.floats(0.5, 1e4),
    level=st.floats(0.5, 0.999),
)
def test_p_is_below_one_minus_the_level_exactly_when_the_interval_excludes_zero(
    effect: float, error: float, df: float, level: float
) -> None:
    found = infer(effect, variance(error**2, df), level)
    assume(abs(found.p_value - (1 - level)) > 1e-9)  # on the boundary rounding decides
    assert (found.p_value < 1 - level) == (found.ci_low > 0 or found.ci_high < 0)
    assert found.ci_low <= effect <= found.ci_high
    assert found.standard_error == pytest.approx(error)


@pytest.mark.parametrize(
    ("df", "level", "printed"),
    [(1, 0.95, 12.706), (4, 0.95, 2.776), (10, 0.9, 1.812), (37, 0.95, 2.026), (1e9, 0.95, 1.960)],
)
def test_critical_values_are_those_of_printed_tables(
    df: float, level: float, printed: float
) -> None:
    assert critical_value(df, level) == pytest.approx(printed, abs=5e-4)


@pytest.mark.parametrize("df", [1.7, 3.61, 12.0])
def test_the_p_value_is_the_area_of_both_tails(df: float) -> None:
    scale = math.gamma((df + 1) / 2) / (math.sqrt(df * math.pi) * math.gamma(df / 2))
    tail = quad(lambda x: scale * (1 + x * x / df) ** (-(df + 1) / 2), 1.5, np.inf)[0]
    assert infer(3.0, variance(4.0, df), 0.95).p_value == pytest.approx(2 * tail, rel=1e-7)


def test_a_wider_level_gives_a_wider_interval_around_the_same_error() -> None:
    narrow, wide = (infer(1.0, variance(2.0, 5), level) for level in (0.8, 0.99))
    assert wide.ci_low < narrow.ci_low < narrow.ci_high < wide.ci_high
    assert (wide.standard_error, wide.p_value) == (narrow.standard_error, narrow.p_value)
