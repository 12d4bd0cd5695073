"""Which periods an answer waits for, and on which day they are over."""

from datetime import date

import pytest

from studies import InvalidPeriods
from studies.arrival import needed
from studies.promotion_plan import PromotionPlan
from studies.promotions import Promotion


def promoted(start: str | int, end: str | int, actual_end: str | None = None) -> Promotion:
    return Promotion(promotion="p", units=("s",), start=start, end=end, actual_end=actual_end)


def plan(after: int = 0, **more: object) -> PromotionPlan:
    return PromotionPlan(name="p", after=after, **more)  # type: ignore[arg-type]


WEEKS = [f"2026-W{week:02d}" for week in range(1, 11)]
DAYS = [f"2026-03-{day:02d}" for day in range(1, 32)]


def test_the_promotion_s_periods_and_those_after_it_are_needed_also_when_not_there_yet() -> None:
    found = needed(WEEKS, promoted("2026-W09", "2026-W10"), plan(after=2))
    assert found.periods == ("2026-W09", "2026-W10", "2026-W11", "2026-W12")
    assert found.closed == date(2026, 3, 23)  # the Monday after Sunday of week 12
    assert found.settled(7) == date(2026, 3, 30)


def test_a_promotion_within_a_week_needs_that_week_whole() -> None:
    found = needed(WEEKS, promoted("2026-02-10", "2026-02-12"), plan())
    assert found.periods == ("2026-W07",)
    assert found.closed == date(2026, 2, 16)


def test_a_promotion_that_ends_long_after_the_panel_needs_every_week_until_then() -> None:
    found = needed(WEEKS[:3], promoted("2026-W03", "2026-W40"), plan(after=1))
    assert found.periods[0] == "2026-W03"
    assert found.periods[-1] == "2026-W41"
    assert len(found.periods) == 39


def test_what_is_known_of_the_end_counts_not_what_was_planned() -> None:
    found = needed(WEEKS, promoted("2026-W05", "2026-W09", actual_end="2026-W07"), plan())
    assert found.periods == ("2026-W05", "2026-W06", "2026-W07")


def test_a_year_of_53_weeks_has_its_53rd_before_the_next_begins() -> None:
    labels = [f"2026-W{week}" for week in range(45, 53)]
    found = needed(labels, promoted("2026-W52", "2026-W53"), plan(after=1))
    assert found.periods == ("2026-W52", "2026-W53", "2027-W01")
    assert found.closed == date(2027, 1, 11)


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_the_day_on_which_clocks_change_is_over_the_day_after(day: str) -> None:
    first = date.fromisoformat(day).toordinal()
    labels = [date.fromordinal(first - back).isoformat() for back in range(20)]
    found = needed(labels, promoted(day, day), plan())
    assert found.closed == date.fromordinal(first + 1)


def test_dates_that_end_their_weeks_are_over_the_next_day() -> None:
    saturdays = [date.fromordinal(date(2026, 1, 3).toordinal() + 7 * k).isoformat()
                 for k in range(8)]  # fmt: skip
    found = needed(saturdays, promoted("2026-02-15", "2026-02-20"), plan(dates="last_day"))
    assert found.periods == ("2026-02-21",)
    assert found.closed == date(2026, 2, 22)


def test_numbers_are_known_to_no_clock() -> None:
    found = needed(list(range(1, 15)), promoted(10, 12), plan(after=4))
    assert found.periods == (10, 11, 12, 13, 14, 15, 16)
    assert found.closed is None


def test_days_and_numbers_are_not_compared() -> None:
    with pytest.raises(InvalidPeriods, match="date both alike"):
        needed([1, 2, 3], promoted("2026-W05", "2026-W06"), plan(after=3))
    with pytest.raises(InvalidPeriods, match="date both alike"):
        needed(DAYS, promoted(3, 4), plan())
