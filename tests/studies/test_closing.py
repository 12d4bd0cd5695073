"""When a period is over: by dates, in years of 53 weeks and on days of 23 hours."""

from datetime import date

import pytest

from studies import InvalidPeriods
from studies.closing import behind, closed, continued


@pytest.mark.parametrize(
    ("labels", "last_day"),
    [
        (["2024-03-30", "2024-03-31"], date(2024, 3, 31)),  # a day of 23 hours in Europe
        (["2024-10-26", "2024-10-27"], date(2024, 10, 27)),  # a day of 25
        (["2020-W52", "2020-W53"], date(2021, 1, 3)),  # a year of 53 weeks
        (["2024-W51", "2024-W52"], date(2024, 12, 29)),
        (["2024-02-19", "2024-02-26"], date(2024, 3, 3)),  # weeks named after their Monday
        (["2024-01", "2024-02"], date(2024, 2, 29)),
        (["2023-Q4", "2024-Q1"], date(2024, 3, 31)),
    ],
)
def test_a_period_is_closed_once_its_last_day_is_over(labels: list[str], last_day: date) -> None:
    assert closed(labels, last_day) == labels[:1]
    assert closed(labels, date.fromordinal(last_day.toordinal() + 1)) == labels
    assert behind(labels, date.fromordinal(last_day.toordinal() + 1)) == 0


@pytest.mark.parametrize(
    ("labels", "today", "late"),
    [
        (["2024-03-01", "2024-03-02"], date(2024, 3, 6), 3),
        (["2020-W51", "2020-W52"], date(2021, 1, 11), 2),  # W53 and 2021-W01
        (["2021-W51", "2021-W52"], date(2022, 1, 10), 1),  # 2021 has no W53
        (["2023-12", "2024-01"], date(2024, 4, 1), 2),
        (["2024-01-29", "2024-02-05"], date(2024, 2, 26), 2),
        (["2023-11-30", "2023-12-31"], date(2024, 3, 1), 2),  # ends of months, February's too
    ],
)
def test_periods_that_are_over_and_not_there_are_counted(
    labels: list[str], today: date, late: int
) -> None:
    assert behind(labels, today) == late


def test_an_hour_that_a_clock_jumps_back_at_midnight_opens_one_day_and_no_more() -> None:
    labels = ["2024-03-01", "2024-03-02"]
    assert closed(labels, date(2024, 3, 3)) == labels
    assert closed(labels, date(2024, 3, 2)) == labels[:1]


def test_no_clock_knows_whole_numbers() -> None:
    assert closed([1, 2, 3], date(2024, 3, 3)) == [1, 2, 3]
    assert behind([1, 2, 3], date(2024, 3, 3)) is None


def test_a_grid_goes_on_as_it_was_written() -> None:
    assert continued(["2020-W52", "2020-W53"], 2)[2:] == ["2021-W01", "2021-W02"]
    assert continued([10, 12], 2)[2:] == [14, 16]


def test_labels_that_make_no_grid_are_named() -> None:
    with pytest.raises(InvalidPeriods, match="yesterday"):
        closed(["2024-03-01", "yesterday"], date(2024, 3, 3))
