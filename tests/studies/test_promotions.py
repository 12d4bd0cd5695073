"""A promotion of the calendar: what it says, and what cannot be one."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from studies import InvalidPlan, Plan, parse_plan
from studies.promotion_plan import PromotionPlan
from studies.promotions import Promotion
from tests.storage.promotions import promotion

START = "study: shop\nquestion: Did it work?\npanel: shop\n"


def test_actual_dates_take_the_place_of_planned_ones() -> None:
    planned = promotion()
    assert (planned.first, planned.last) == ("2024-03-04", "2024-03-31")
    went = promotion(actual_start="2024-03-06", actual_end="2024-04-02")
    assert (went.first, went.last) == ("2024-03-06", "2024-04-02")
    assert went.end == "2024-03-31"


def test_spellings_that_mean_the_same_are_the_same_promotion() -> None:
    same = promotion(units=["store 2", "store 1"], start="2024-03-04 00:00", end=" 2024-03-31")
    assert same.sha256() == promotion().sha256()
    numbers: dict[str, Any] = {"start": 3, "end": 4}
    assert promotion(units=[3, 7.0], **numbers).units == ("3", "7")
    assert promotion(start="3", end="4").sha256() == promotion(**numbers).sha256()
    assert promotion(cancelled=True).sha256() != promotion().sha256()


def test_a_midnight_is_the_day_that_is_written_also_when_clocks_are_changed() -> None:
    """2024-03-31 has 23 hours in Berlin: its midnights are an hour and two from Greenwich."""
    local = promotion(start="2024-03-31T00:00:00+01:00", end="2024-04-01 00:00:00+02")
    assert (local.start, local.end) == ("2024-03-31", "2024-04-01")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "ends before it starts": (
        {"end": "2024-03-03"}, "it ends (2024-03-03) before it starts (2024-03-04)"
    ),
    "actually ends before it starts": (
        {"actual_end": "2024-W09"}, "it actually ends (2024-W09) before it starts (2024-03-04)"
    ),
    "a day and a number": (
        {"end": 17}, "start and end must be of one kind, all days or all whole numbers, not "
        "2024-03-04, 17"
    ),
    "a moment": (
        {"start": "2024-03-30T23:00:00Z"}, "a moment within a day, or no moment there is; write "
        "the day as the stores count it, as in 2024-03-31"
    ),
    "a week its year has not": (
        {"end": "2021-W53"}, "2021 has 52 weeks; its last is 2021-W52"
    ),
    "no date": ({"end": "2024-02-30"}, "no period; write 2024-03-31, 2024-W09, 2024-03, 2024-Q3, "
                "or a whole number"),
    "no stores": ({"units": []}, "Tuple should have at least 1 item"),
    "a store twice": ({"units": ["3", 3]}, "each may be listed once: 3"),
    "a name that is none": ({"promotion": "spring coffee"}, "a name has at most 63 letters"),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_promotion_is_said_in_one_line(
    changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        promotion(**changed)
    (mistake,) = refused.value.errors()
    assert said in mistake["msg"]


def test_week_53_is_a_week_of_a_year_that_has_it() -> None:
    span = promotion(start="2020-W53", end="2021-W01").span
    assert date.fromordinal(span.first) == date(2020, 12, 28)
    assert date.fromordinal(span.last) == date(2021, 1, 10)


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2024, 3, 3), "planned"), (date(2024, 3, 4), "running"),
        (date(2024, 3, 31), "running"), (date(2024, 4, 1), "ended"),
    ],
)  # fmt: skip
def test_its_state_is_read_off_the_calendar(today: date, state: str) -> None:
    assert promotion().state(today) == state
    assert promotion(cancelled=True).state(today) == "cancelled"
    assert promotion(start=1, end=2).state(today) == "undated"


def test_it_comes_back_from_what_is_stored() -> None:
    one = promotion(segments=["club"], actual_start="2024-03-05")
    assert Promotion.model_validate({"promotion": one.promotion, **one.details()}) == one


def test_a_study_may_name_a_promotion_and_one_that_does_not_keeps_its_hash() -> None:
    plan = parse_plan(START + "promotion: {name: spring_coffee, settle: 7, after: 4}\n")
    assert plan.promotion == PromotionPlan(name="spring_coffee", settle=7, after=4)
    assert (plan.promotion.treated, plan.promotion.overlaps) == ("calendar", "warn")
    assert Plan.model_validate_json(plan.canonical()) == plan
    assert "promotion" not in parse_plan(START).canonical()
    assert parse_plan(START + "promotion:\n").sha256() == parse_plan(START).sha256()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{settle: 7}", "plan:4: promotion.name is missing"),
        ("{name: a, after: -1}", "plan:4: promotion.after: should be greater than or equal to 0"),
        ("{name: a, overlaps: keep}", "plan:4: promotion.overlaps: should be 'exclude' or 'warn'"),
        ("{name: a, dates: monday}", "plan:4: promotion.dates: should be 'auto', 'first_day' or"),
        ("{name: a, until: 3}", "plan:4: unknown key promotion.until; known here: name, treated"),
    ],
)
def test_a_mistake_in_the_promotion_of_a_study_is_said_with_its_line(
    written: str, said: str
) -> None:
    with pytest.raises(InvalidPlan) as refused:
        parse_plan(START + f"promotion: {written}\n")
    assert str(refused.value).startswith(said)
