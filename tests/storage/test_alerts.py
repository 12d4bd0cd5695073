"""Alerts: one is open at a time, and what is done about it is on record with its reason."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage import alerts, audit
from storage.database import transaction
from storage.errors import StorageError, UnknownAlert

LATE = {"message": "2 of 60 stores have no row for 2024-W09", "missing": ["north", "south"]}


def raised(session: Session, key: str = "coffee@2024-W09", kind: str = "data_late") -> int:
    return alerts.raise_alert(session, kind, "coffee", LATE, key, by="watch")


def test_an_alert_is_raised_once_for_as_long_as_it_is_open(session: Session) -> None:
    first = raised(session)
    assert raised(session) == first
    assert raised(session, key="coffee@2024-W10") != first
    assert raised(session, kind="run_failed") != first
    assert len(alerts.known(session)) == 3
    found = alerts.find(session, first)
    assert (found.kind, found.subject, found.by, found.occasion) == (
        "data_late",
        "coffee",
        "watch",
        1,
    )
    assert found.message == LATE["message"]
    assert found.details == LATE


def test_what_comes_up_again_after_it_was_over_is_another_occasion(session: Session) -> None:
    first = raised(session)
    assert (
        alerts.resolve_alert(session, "data_late", "coffee@2024-W09", "all rows are there") == first
    )
    assert alerts.resolve_alert(session, "data_late", "coffee@2024-W09", "again") is None
    again = raised(session)
    assert again != first
    assert alerts.find(session, again).occasion == 2
    assert [one.id for one in alerts.known(session)] == [again]
    assert [one.id for one in alerts.known(session, closed=True)] == [again, first]


def test_of_fifty_that_raise_it_at_once_one_writes_it(engine: Engine) -> None:
    def one(_: int) -> int:
        with transaction(engine) as session:
            return raised(session)

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(one, range(50)))) == 1
    with transaction(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM alerts")) == 1
        assert session.scalar(text("SELECT count(*) FROM audit_log")) == 1


def test_what_is_done_about_an_alert_is_kept_with_who_and_why(session: Session) -> None:
    number = raised(session)
    now = alerts.now(session)
    alerts.acknowledge(session, number, "I ask the stores", "ada")
    alerts.silence(session, number, now + timedelta(days=2), "holiday", "bob")
    found = alerts.find(session, number)
    assert [(one.action, one.reason, one.by) for one in found.actions] == [
        ("acknowledged", "I ask the stores", "ada"), ("silenced", "holiday", "bob"),
    ]  # fmt: skip
    assert found.open
    assert found.silenced(now)
    assert not found.silenced(now + timedelta(days=3))
    alerts.resolve(session, number, "it was a holiday", "ada")
    assert not alerts.find(session, number).open
    what = session.scalars(text("SELECT what FROM audit_log ORDER BY id")).all()
    assert what == ["alert_raised", "alert_acknowledged", "alert_silenced", "alert_resolved"]
    assert audit.verify(session) == []


def test_a_kind_is_silenced_for_all_its_alerts_and_an_earlier_moment_ends_it(
    session: Session,
) -> None:
    before, other = raised(session), raised(session, kind="run_failed")
    now = alerts.now(session)
    alerts.silence(session, "data_late", now + timedelta(hours=1), "the feed is being moved", "ada")
    after = raised(session, key="tea@2024-W09")
    silent = {one.id for one in alerts.known(session) if one.silenced(now)}
    assert silent == {before, after}
    assert not alerts.find(session, other).actions
    alerts.silence(session, "data_late", now, "the feed is back", "ada")
    assert not alerts.find(session, after).silenced(now)


def test_what_cannot_be_done_is_said(session: Session) -> None:
    number = raised(session)
    with pytest.raises(UnknownAlert, match=f"no alert has the number 99; open: {number}"):
        alerts.acknowledge(session, 99, "x", "ada")
    with pytest.raises(StorageError, match=r"no alert of the kind 'data_lat'.*data_late"):
        alerts.silence(session, "data_lat", alerts.now(session), "x", "ada")
    alerts.resolve(session, number, "over", "ada")
    with pytest.raises(StorageError, match="resolved already"):
        alerts.acknowledge(session, number, "x", "ada")
    with pytest.raises(IntegrityError, match="ck_alert_actions_reason"), session.begin_nested():
        alerts.acknowledge(session, raised(session), "", "ada")


def test_an_alert_without_a_sentence_is_read_by_its_facts(session: Session) -> None:
    number = alerts.raise_alert(session, "run_failed", "coffee", {"attempts": 3}, "coffee")
    assert alerts.find(session, number).message == "attempts: 3"


def test_whoever_records_something_else_first_does_not_wait_crosswise(engine: Engine) -> None:
    def visit(number: int) -> None:
        with transaction(engine) as session:
            if number % 2:
                alerts.come_first(session)
                audit.record(session, "monitored", "coffee", {}, "monitor")
            raised(session, f"key {number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(visit, range(40)))
    with transaction(engine) as session:
        assert len(alerts.known(session)) == 40
