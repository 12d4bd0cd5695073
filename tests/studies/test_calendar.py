"""Periods in order, whatever people call them."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from studies import InvalidPeriods
from studies.calendar import missing_between, ordinals

Label = int | str
Grid = Callable[[date, int], list[Label]]


def days(step: int) -> Grid:
    return lambda start, n: [(start + timedelta(days=step * i)).isoformat() for i in range(n)]


def months(step: int, day: int) -> Grid:
    def labels(start: date, n: int) -> list[Label]:
        counted = [12 * start.year + start.month - 1 + step * i for i in range(n)]
        return [_clipped(month // 12, month % 12 + 1, day).isoformat() for month in counted]

    return labels


def _clipped(year: int, month: int, day: int) -> date:
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day, (following - timedelta(days=1)).day))


def iso_weeks(start: date, n: int) -> list[Label]:
    weeks = [(start + timedelta(weeks=i)).isocalendar() for i in range(n)]
    return [f"{year}-W{week:02d}" for year, week, _ in weeks]


def year_months(start: date, n: int) -> list[Label]:
    return [str(label)[:7] for label in months(1, 1)(start, n)]


def quarters(start: date, n: int) -> list[Label]:
    counted = [4 * start.year + start.month // 4 + i for i in range(n)]
    return [f"{quarter // 4}-Q{quarter % 4 + 1}" for quarter in counted]


GRIDS: dict[str, Grid] = {
    "whole numbers": lambda start, n: [start.year + i for i in range(n)],
    "every ten years": lambda start, n: [start.year + 10 * i for i in range(n)],
    "numbers as text": lambda start, n: [str(start.day + i) for i in range(n)],
    "months": year_months,
    "quarters": quarters,
    "ISO weeks": iso_weeks,
    "days": days(1),
    "every third day": days(3),
    "weekly dates": days(7),
    "four-weekly dates": days(28),
    "first of the month": months(1, 1),
    "month ends": months(1, 31),
    "the 30th or the last": months(1, 30),
    "quarter ends": months(3, 31),
    "yearly dates": months(12, 15),
}
every_grid = pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
starts = st.dates(date(1970, 1, 1), date(2040, 12, 31))


@every_grid
@given(start=starts, n=st.integers(3, 150))
def test_neighbours_differ_by_one_and_nothing_is_missing(grid: Grid, start: date, n: int) -> None:
    labels = grid(start, n)
    found = ordinals(labels)
    assert found == list(range(found[0], found[0] + n))
    assert missing_between(labels) == []


@every_grid
@given(start=starts, n=st.integers(8, 60), data=st.data())
def test_a_gap_is_named_and_the_rest_keeps_its_distance(
    grid: Grid, start: date, n: int, data: st.DataObject
) -> None:
    labels = grid(start, n)
    lost = data.draw(st.integers(1, n - 2))
    left = labels[:lost] + labels[lost + 1 :]
    assert missing_between(left) == [str(labels[lost])]
    assert ordinals(left) == [o for i, o in enumerate(ordinals(labels)) if i != lost]


@every_grid
@given(start=starts, n=st.integers(3, 40), data=st.data())
def test_order_and_repetition_of_the_labels_do_not_matter(
    grid: Grid, start: date, n: int, data: st.DataObject
) -> None:
    labels = grid(start, n)
    known = dict(zip(labels, ordinals(labels), strict=True))
    shuffled = data.draw(st.permutations(labels + labels[:2]))
    assert ordinals(shuffled) == [known[label] for label in shuffled]
    assert missing_between(shuffled) == []


@given(start=starts, n=st.integers(8, 60), data=st.data(), by=st.sampled_from([-1, 1, 2]))
def test_a_week_that_slipped_by_a_day_is_named(
    start: date, n: int, data: st.DataObject, by: int
) -> None:
    labels = days(7)(start, n)
    at = data.draw(st.integers(0, n - 1))
    slipped = (date.fromisoformat(str(labels[at])) + timedelta(days=by)).isoformat()
    with pytest.raises(InvalidPeriods) as found:
        ordinals([*labels[:at], slipped, *labels[at + 1 :]])
    assert found.value.labels == (slipped,)


@given(start=starts, n=st.integers(8, 60), data=st.data())
def test_a_month_that_slipped_by_a_day_is_named(start: date, n: int, data: st.DataObject) -> None:
    labels = months(1, 1)(start, n)
    at = data.draw(st.integers(0, n - 1))
    slipped = str(labels[at])[:-1] + "2"
    with pytest.raises(InvalidPeriods, match="months apart") as found:
        ordinals([*labels[:at], slipped, *labels[at + 1 :]])
    assert found.value.labels == (slipped,)


@given(st.text(max_size=12))
def test_any_text_is_a_period_or_refused_by_name(label: str) -> None:
    try:
        found = ordinals([label])
    except InvalidPeriods as error:
        refused = error.labels
    else:
        refused = (label,) * len(found)
    assert refused == (label,)


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, unique=True))
def test_whole_numbers_keep_their_order(labels: list[int]) -> None:
    try:
        found = ordinals(labels)
    except InvalidPeriods as error:
        assume(error.labels)
        return
    assert sorted(labels) == [label for _, label in sorted(zip(found, labels, strict=True))]


def test_a_year_of_53_weeks_has_no_gap_and_one_of_52_no_53rd() -> None:
    assert missing_between(["2020-W52", "2020-W53", "2021-W01"]) == []
    assert missing_between(["2020-W51", "2020-W52", "2021-W01"]) == ["2020-W53"]
    with pytest.raises(InvalidPeriods, match=r"2021-W53: no period"):
        ordinals(["2021-W52", "2021-W53", "2022-W01"])


def test_a_leap_day_is_a_day_like_any_other() -> None:
    assert missing_between(["2024-02-27", "2024-02-28", "2024-03-01"]) == ["2024-02-29"]
    assert missing_between(["2023-02-27", "2023-02-28", "2023-03-01"]) == []


def test_timestamps_at_midnight_are_dates() -> None:
    labels = ["2024-01-01 00:00:00+00", "2024-01-08T00:00:00", "2024-01-22 00:00"]
    assert missing_between(labels) == ["2024-01-15"]


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        (["2024-13", "2024-12"], ("2024-13",)),
        (["2024-02-30", "2024-02-28"], ("2024-02-30",)),
        (["2024-01-01 07:30:00", "2024-01-02"], ("2024-01-01 07:30:00",)),
        (["week 1", "week 2"], ("week 1", "week 2")),
        ([2023, 2024, "2024-01"], ("2024-01",)),
        (["1", "01", "2"], ("1", "01")),
        (["2024-Q5"], ("2024-Q5",)),
        ([1.5, 2], (1.5,)),
        ([True, 2], (True,)),
        (["", "1"], ("",)),
    ],
)
def test_what_is_no_period_is_named(labels: list[Label], named: tuple[Label, ...]) -> None:
    with pytest.raises(InvalidPeriods) as found:
        ordinals(labels)
    assert found.value.labels == named
    assert "\n" not in str(found.value)


def test_numbers_that_are_no_periods_at_all_do_not_fill_the_memory() -> None:
    with pytest.raises(InvalidPeriods, match="is this the period column"):
        missing_between([1, 2, 10**12])


def test_no_labels_are_no_gap() -> None:
    assert ordinals([]) == []
    assert missing_between([]) == []


def test_a_message_names_five_labels_and_counts_the_rest() -> None:
    with pytest.raises(InvalidPeriods, match=r"^a, b, c, d, e and 2 more: no period; write"):
        ordinals(list("abcdefg"))
