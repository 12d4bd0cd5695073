"""Numbers are shown with the precision they have, and with real minus signs."""

import pytest

from reports.numbers import (
    interval,
    number,
    p_value,
    percent,
    places_for,
    places_that_keep_signs,
    significant,
)


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (-15.6054, 1, "−15.6"),
        (15.6054, 1, "15.6"),
        (-0.04, 1, "0.0"),
        (-0.0, 0, "0"),
        (0.0, 2, "0.00"),
        (-1234567.8, 0, "−1,234,568"),
        (15604.2, -2, "15,600"),
        (None, 1, "–"),
        (float("nan"), 1, "–"),
        (float("inf"), 0, "∞"),
        (float("-inf"), 0, "−∞"),
        (-1.234e-9, 12, "−1.23 × 10⁻⁹"),
        (2.5e18, 0, "2.50 × 10¹⁸"),
    ],
)
def test_a_number_is_shown_as_people_write_it(value: float | None, places: int, shown: str) -> None:
    assert number(value, places) == shown


@pytest.mark.parametrize(
    ("standard_error", "places"),
    [(4.8, 1), (17.3, 0), (0.0123, 3), (0.996, 1), (4800.0, 0)],
)
def test_a_standard_error_gets_two_significant_digits(standard_error: float, places: int) -> None:
    assert places_for([standard_error]) == places


def test_a_large_standard_error_may_round_to_hundreds_in_a_sentence() -> None:
    assert places_for([4800.0], least=-15) == -2


def test_without_standard_error_the_value_gets_three_significant_digits() -> None:
    assert places_for([None, 0.0], [15.6054]) == 1


def test_nothing_known_needs_no_decimals() -> None:
    assert places_for([None], [None, 0.0, float("nan")]) == 0


def test_an_interval_that_excludes_zero_is_never_printed_as_touching_it() -> None:
    places = places_that_keep_signs(1, (-25.0, -0.004))
    assert interval(-25.0, -0.004, places) == "−25.000 to −0.004"


def test_a_p_value_is_never_zero() -> None:
    assert p_value(0.0) == "< 0.001"
    assert p_value(0.0123) == "0.012"
    assert p_value(None) == "–"


def test_shares_and_lone_numbers_are_readable() -> None:
    assert percent(0.95) == "95 %"
    assert percent(0.995) == "99.5 %"
    assert significant(1.6564) == "1.66"
    assert significant(3.1e-11) == "3.10 × 10⁻¹¹"
    assert significant(0.0) == "0"
