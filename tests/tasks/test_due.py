"""A study is due once: when its promotion has ended and settled, and its data have arrived."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from storage import alerts, leases, runs
from storage.clock import today
from storage.errors import UnknownStudy
from storage.ledger import ledger
from storage.outcomes import ingest
from storage.promotions import register as enter
from storage.studies import register
from studies import parse_plan
from studies.cases import Case
from studies.promotions import Promotion
from tasks.due import ask_by_hand, ask_for, find_due, tell_late
from tests.flows import promoted, shop


def only(url: str, patience: int = 3) -> Case:
    (case,) = find_due(url, patience)
    return case


def now(url: str) -> date:
    with ledger(url) as session:
        return today(session)


def daily(url: str, days: int, more: str = "") -> str:
    """A study of a panel of days whose promotion ends so many days after today."""
    last = now(url) + timedelta(days=days)
    sales = shop.sales()
    with ledger(url) as session:
        frame = promoted.rows()
        frame["period"] = [(last - timedelta(days=shop.WEEKS - int(week))).isoformat()
                           for week in sales.week]  # fmt: skip
        ingest(session, "shop", frame)
        first = (last - timedelta(days=4)).isoformat()
        entry = Promotion(promotion="shop", units=("store 0",), start=first, end=last.isoformat())
        enter(session, entry, "tester")
    with ledger(url) as session:
        text = promoted.PLAN.format(study="shop", more=f", {more}" if more else "")
        return register(session, parse_plan(text), "tester").study


def test_an_ended_promotion_whose_data_are_there_is_due_until_it_is_asked_for(
    database_url: str,
) -> None:
    promoted.due(database_url)
    case = only(database_url)
    assert (case.stage, case.promotion_version) == ("due", 1)
    assert ask_for(database_url, [case], "watch") == 1
    assert only(database_url).stage == "asked"


def test_fifty_who_find_it_due_at_once_ask_for_one_run(database_url: str) -> None:
    promoted.due(database_url)

    def one(number: int) -> int:
        return ask_for(database_url, find_due(database_url), f"trigger {number}")

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(one, range(50))) == 1
    with ledger(database_url) as session:
        assert len(runs.every(session)) == 1


@pytest.mark.parametrize(
    ("days", "more", "stage"),
    [
        (0, "", "running"),  # its last day is not over
        (-1, "", "due"),
        (-1, "settle: 2", "settling"),
        (-3, "settle: 2", "due"),
        (-1, "after: 1", "open"),  # today is needed, too
        (-3, "after: 1", "awaited"),
    ],
)
def test_days_decide_when_it_is_due(database_url: str, days: int, more: str, stage: str) -> None:
    daily(database_url, days, more)
    assert only(database_url).stage == stage


def test_weeks_that_are_not_there_yet_are_waited_for_and_named(database_url: str) -> None:
    promoted.deliver(database_url, weeks=13)
    promoted.plan(database_url)
    case = only(database_url)
    assert case.stage == "awaited"
    assert case.why == "missing: 2020-W14: all units"
    promoted.deliver(database_url)
    assert only(database_url).stage == "due"


def test_data_that_do_not_arrive_raise_one_alert_which_ends_when_they_do(
    database_url: str,
) -> None:
    promoted.deliver(database_url, weeks=13)
    promoted.plan(database_url)
    for _ in range(2):
        assert tell_late(database_url, find_due(database_url), "watch") == 1
    with ledger(database_url) as session:
        (alert,) = alerts.known(session)
    assert (alert.kind, alert.subject) == ("data_late", "shop")
    assert "2020-W14: all units" in alert.message
    assert set(alert.details["missing"]) == {"2020-W14"}
    promoted.deliver(database_url)
    assert tell_late(database_url, find_due(database_url), "watch") == 0
    with ledger(database_url) as session:
        assert alerts.known(session) == []


def test_data_are_late_only_after_the_patience(database_url: str) -> None:
    daily(database_url, -3, "after: 1")  # the day before yesterday is needed, and missing
    assert not only(database_url, patience=3).late
    assert only(database_url, patience=1).late


def test_a_promotion_that_is_called_off_or_unknown_is_not_analysed(database_url: str) -> None:
    promoted.due(database_url)
    with ledger(database_url) as session:
        entry = Promotion(
            promotion="shop", units=("store 0",), start=promoted.FIRST, end=promoted.LAST,
            cancelled=True,
        )  # fmt: skip
        enter(session, entry, "tester", "supplier withdrew")
    assert only(database_url).stage == "cancelled"
    with ledger(database_url) as session:
        text = promoted.PLAN.format(study="tea", more="").replace("name: tea", "name: teatime")
        register(session, parse_plan(text), "tester")
    tea = next(case for case in find_due(database_url) if case.study == "tea")
    assert tea.stage == "unknown"
    assert "teatime" in tea.why


def test_an_end_that_is_moved_after_the_answer_makes_it_due_again(database_url: str) -> None:
    promoted.due(database_url)
    ask_for(database_url, find_due(database_url), "watch")
    promoted.promoted(database_url, last="2020-W13", reason="sold out a week early")
    case = only(database_url)
    assert (case.stage, case.promotion_version) == ("due", 2)
    assert ask_for(database_url, [case], "watch") == 1
    assert only(database_url).stage == "asked"


def test_data_that_failed_are_due_again_once_they_changed(database_url: str) -> None:
    promoted.due(database_url)
    ask_for(database_url, find_due(database_url), "watch")
    with ledger(database_url) as session:
        held = leases.claim(session, "one:1", 60)
        assert held is not None
        leases.fail(session, held, "did not pass")
    assert only(database_url).stage == "failed"
    promoted.deliver(database_url, extra=1.0)
    assert only(database_url).stage == "due"


def test_a_study_without_a_promotion_can_be_asked_for_by_hand(database_url: str) -> None:
    shop.fill(database_url, shop.sales())
    study = shop.ask(database_url)
    assert find_due(database_url) == []
    number, new = ask_by_hand(database_url, study, "ann", "for the board")
    assert new
    assert ask_by_hand(database_url, study, "ben", "") == (number, False)
    with pytest.raises(UnknownStudy, match="shop"):
        ask_by_hand(database_url, "shoppp", "ann", "")


def test_a_linked_outcome_is_awaited_like_the_panel_and_part_of_what_is_answered(
    database_url: str,
) -> None:
    promoted.deliver(database_url)
    linked = "linked: [{panel: tea, role: cannibalised, price: 3, margin: 1}]"
    money = "economics: {currency: EUR, price: 4, margin: 1, cost: 10}"
    promoted.plan(database_url, more=f"{money}, {linked}", measure="packs")
    case = only(database_url)
    assert case.stage == "awaited"
    assert case.why.startswith("linked outcome tea: ")
    promoted.deliver(database_url, "tea", weeks=13)
    case = only(database_url)
    assert case.why == "linked outcome tea: missing: 2020-W14: all units"
    assert list(case.missing) == ["2020-W14"]
    promoted.deliver(database_url, "tea")
    before = only(database_url)
    assert before.stage == "due"
    promoted.deliver(database_url, "tea", extra=1.0)
    assert only(database_url).data_state not in (None, before.data_state)
