"""Visits of the monitor: whatever is live is seen, kept, and told once; nothing is done twice."""

import logging
from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd
import pytest

from flows.analyze import analyze
from flows.monitor import monitor
from storage import alerts, observations, promotions, runs
from storage.clock import today
from storage.errors import UnknownStudy
from storage.ledger import ledger
from storage.observations import Observation
from studies.promotions import Promotion
from tests.flows import shop

FIRST, LIFE = 41, 6
PLAN = shop.PLAN.replace("placebos: 20", "placebos: 60").replace(", treatment: promo", "") + (
    "promotion: {name: display, monitor: {harm: -0.02, worthwhile: 0.01}}\n"
)


def sold(weeks: int, effect: float = 0.0) -> pd.DataFrame:
    """The shop up to a week; store 0 is promoted from week FIRST on."""
    data = shop.sales(treated=0, weeks=60)
    hit = (data.store == "store 0") & (data.week >= FIRST)
    data = data.assign(units=data.units + effect * hit)
    return data[data.week <= weeks].reset_index(drop=True)


def enter(url: str, reason: str = "", **changed: object) -> None:
    described = {
        "promotion": "display", "units": ["store 0"], "start": FIRST, "end": FIRST + LIFE - 1
    }  # fmt: skip
    with ledger(url) as session:
        one = Promotion.model_validate(described | changed)
        promotions.register(session, one, "planner", reason)


def daily(url: str, last: date, days: int = 60) -> None:
    """A shop that delivers by the day, up to this one; store 0 is promoted in the last ten."""
    data = shop.sales(treated=0, weeks=days)
    dates = [(last - timedelta(days - week)).isoformat() for week in data.week]
    promo = (data.store == "store 0") & (data.week > days - 10)
    shop.fill(url, data.assign(promo=promo.astype(float)))
    with shop.connection(url) as server, server.cursor() as cursor:
        cursor.execute("ALTER TABLE sales ADD COLUMN day text")
        for week, day in sorted(set(zip(data.week, dates, strict=True))):
            cursor.execute("UPDATE sales SET day = %s WHERE week = %s", (day, int(week)))


def of(seen: Sequence[Observation], kind: str) -> Observation:
    (found,) = [one for one in seen if one.kind == kind]
    return found


def told(url: str) -> list[tuple[str, str]]:
    with ledger(url) as session:
        return [(one.kind, one.subject) for one in alerts.known(session)]


def test_a_visit_sees_panel_result_and_placebos_and_keeps_what_it_saw(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    study = shop.ask(ledger_url)
    analyze(study)
    seen = monitor([study], positions=2, requested_by="ann")
    assert [one.kind for one in seen] == ["panel", "restatement", "calibration"]
    assert {one.state for one in seen} == {"fine"}
    assert of(seen, "restatement").message == "since shop@1 no used cell has changed"
    assert of(seen, "calibration").details["asked"] == 2
    assert told(ledger_url) == []
    again = of(monitor([study], positions=2), "calibration")
    assert again.details["total_answered"] == 4
    with ledger(ledger_url) as session:
        assert len(observations.history(session, "panel", "sales")) == 2


def test_restated_cells_are_listed_told_once_and_answered_once_more(ledger_url: str) -> None:
    data = shop.sales()
    shop.fill(ledger_url, data)
    study = shop.ask(ledger_url)
    analyze(study)
    hit = (data.store == "store 3") & (data.week == 2)
    shop.fill(ledger_url, data.assign(units=data.units.where(~hit, 140.0)))
    _, seen = (of(monitor([study], positions=0), "restatement") for _ in range(2))
    assert seen.state == "noticed"
    (cell,) = seen.details["cells"]
    assert (cell["unit"], cell["period"], cell["new"]) == ("store 3", 2, 140.0)
    assert told(ledger_url) == [("data_restated", "shop")]
    with ledger(ledger_url) as session:
        (run,) = runs.every(session)
    assert run.reason.startswith("restated: since shop@1 1 of 140 cells")
    result = analyze(study, reason=run.reason)
    assert result.restated is not None
    assert (result.version, result.restated.version) == (2, 1)
    assert result.restated.answers[0].old[0] != result.restated.answers[0].new[0]
    assert of(monitor([study], positions=0), "restatement").state == "fine"
    assert told(ledger_url) == []


def test_a_change_below_the_threshold_is_kept_and_answers_nothing_anew(ledger_url: str) -> None:
    data = shop.sales()
    shop.fill(ledger_url, data)
    study = shop.ask(ledger_url)
    analyze(study)
    shop.fill(ledger_url, data.assign(units=data.units.where(data.index > 0, 100.5)))
    seen = of(monitor([study], positions=0, restated=0.5), "restatement")
    assert (seen.state, seen.details["count"]) == ("fine", 1)
    with ledger(ledger_url) as session:
        assert runs.every(session) == []


def test_a_panel_that_stops_is_told_once_and_over_when_it_goes_on(ledger_url: str) -> None:
    plan = shop.PLAN.replace("period: week", "period: day")
    with ledger(ledger_url) as session:
        now = today(session)
    daily(ledger_url, now - timedelta(1))
    study = shop.ask(ledger_url, plan)
    assert of(monitor([study], positions=0), "panel").details["behind"] == 0
    daily(ledger_url, now - timedelta(5))
    _, seen = (of(monitor([study], positions=0), "panel") for _ in range(2))
    assert "4 periods are over since its last" in seen.message
    assert told(ledger_url) == [("data_late", "sales")]
    daily(ledger_url, now - timedelta(1))
    assert of(monitor([study], positions=0), "panel").state == "fine"
    assert told(ledger_url) == []


def test_a_running_promotion_is_held_to_the_boundary_of_its_first_look(ledger_url: str) -> None:
    enter(ledger_url)
    shop.fill(ledger_url, sold(FIRST, effect=12.0))
    study = shop.ask(ledger_url, PLAN)
    first = monitor([study], positions=0)
    fixed, seen = of(first, "boundary"), of(first, "promotion")
    assert (seen.details["number"], seen.details["life"]) == (1, LIFE)
    shop.fill(ledger_url, sold(FIRST + 3, effect=12.0))
    later = monitor([study], positions=0)
    assert not [one for one in later if one.kind == "boundary"]
    seen = of(later, "promotion")
    assert (seen.details["number"], seen.details["verdict"]) == (4, "clear")
    assert seen.details["effect"] == pytest.approx(12, abs=2)
    half = seen.details["ci_high"] - seen.details["effect"]
    critical = fixed.details["critical_value"]
    assert half == pytest.approx(critical * seen.details["standard_error"])
    assert told(ledger_url) == [("effect_clear", "shop, plan version 1")]


def test_a_harmful_promotion_is_told_of(ledger_url: str) -> None:
    enter(ledger_url)
    shop.fill(ledger_url, sold(FIRST + 2, effect=-20.0))
    seen = of(monitor([shop.ask(ledger_url, PLAN)], positions=0), "promotion")
    assert seen.details["verdict"] == "harmful"
    assert ("effect_harmful", "shop, plan version 1") in told(ledger_url)


def test_an_end_that_is_moved_while_it_runs_is_not_looked_past(ledger_url: str) -> None:
    enter(ledger_url)
    shop.fill(ledger_url, sold(FIRST + 1))
    study = shop.ask(ledger_url, PLAN)
    monitor([study], positions=0)
    enter(ledger_url, "goes on", end=FIRST + LIFE + 5)
    shop.fill(ledger_url, sold(FIRST + LIFE - 1))
    assert of(monitor([study], positions=0), "promotion").state == "fine"  # the planned life
    shop.fill(ledger_url, sold(FIRST + LIFE))
    seen = of(monitor([study], positions=0), "promotion")
    assert seen.state == "refused"
    assert "its end was moved, and looks are valid only up to the planned one" in seen.message
    assert told(ledger_url) == [("look_refused", "shop, plan version 1")]


def test_a_promotion_without_past_is_refused_in_one_line_and_the_rest_is_seen(
    ledger_url: str,
) -> None:
    enter(ledger_url, end=FIRST + 39)
    shop.fill(ledger_url, sold(FIRST + 1))
    seen = monitor([shop.ask(ledger_url, PLAN)], positions=0)
    assert "needs 48 periods before it; there are 40" in of(seen, "promotion").message
    assert of(seen, "panel").state == "fine"
    with ledger(ledger_url) as session:
        (alert,) = alerts.known(session)
    assert alert.kind == "look_refused"
    assert alert.message.startswith("shop is not followed: ")
    enter(ledger_url, "shorter", end=FIRST + LIFE - 1)
    monitor(["shop"], positions=0)
    assert "look_refused" not in dict(told(ledger_url))


def test_a_promotion_without_rules_is_followed_and_nobody_is_told(ledger_url: str) -> None:
    enter(ledger_url, end=FIRST + 39)
    shop.fill(ledger_url, sold(FIRST + 1))
    silent = PLAN.replace(", monitor: {harm: -0.02, worthwhile: 0.01}", "")
    assert of(monitor([shop.ask(ledger_url, silent)], positions=0), "promotion").state == "refused"
    assert told(ledger_url) == []


def test_a_panel_is_read_once_by_a_visit_however_many_studies_ask_about_it(
    ledger_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    told = logging.getLogger("prefect.task_runs")  # whose lines Prefect hands to nobody above
    shop.fill(ledger_url, shop.sales())
    for study in ("shop", "twin"):
        shop.ask(ledger_url, shop.PLAN.replace("study: shop", f"study: {study}"))
    told.addHandler(caplog.handler)
    try:
        with caplog.at_level("INFO", told.name):
            seen = monitor(positions=1)
    finally:
        told.removeHandler(caplog.handler)
    assert [one.kind for one in seen] == ["panel", "calibration", "calibration"]
    rows = {id(one): one for one in caplog.records if "140 rows: " in one.getMessage()}
    assert len(rows) == 1


def test_a_panel_that_is_gone_is_seen_and_another_study_looked_at(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    shop.ask(ledger_url)
    other = shop.PLAN.replace("study: shop", "study: lost").replace("sales", "nowhere")
    shop.ask(ledger_url, other)
    seen = {(one.kind, one.subject): one for one in monitor(positions=0)}
    assert "nowhere" in seen["panel", "nowhere"].message
    assert seen["panel", "nowhere"].state == "refused"
    assert seen["panel", "sales"].state == "fine"


def test_a_result_without_a_decision_is_told_of_after_its_days(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    study = shop.ask(ledger_url)
    analyze(study)
    assert [one.kind for one in monitor([study], positions=0, undecided_days=1)] == [
        "panel",
        "restatement",
    ]
    seen = of(monitor([study], positions=0, undecided_days=0), "undecided")
    assert "nobody has decided about it" in seen.message
    assert told(ledger_url) == [("decision_missing", "shop@1")]


def test_an_unknown_study_is_named(ledger_url: str) -> None:
    with pytest.raises(UnknownStudy, match="nowhere"):
        monitor(["nowhere"])


def test_nothing_is_watched_where_nothing_is_registered(ledger_url: str) -> None:
    assert monitor() == []
