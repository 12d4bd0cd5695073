"""What asking for a run promises: one run for each plan version and state of the data."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage import leases, results, runs
from storage.ledger import ledger
from storage.runs import Wanted
from tests.storage.answers import analysis

BEFORE, AFTER = "a" * 64, "b" * 64


@pytest.fixture
def study(database_url: str) -> str:
    """A registered study with a result to point to."""
    with ledger(database_url) as own:
        answer = analysis(own)
        results.save(own, answer)
        return answer.study


def end(session: Session, state: str) -> None:
    held = leases.claim(session, "one:1", 60)
    assert held is not None
    if state == "done":
        leases.finish(session, held, 1)
    else:
        leases.fail(session, held, "the data did not pass")


def test_asked_fifty_times_at_once_it_is_one_run(study: str, database_url: str) -> None:
    def one(number: int) -> tuple[int, bool]:
        with ledger(database_url) as own:
            return runs.ask(own, Wanted(study, 1, BEFORE, f"trigger {number}"))

    with ThreadPoolExecutor(10) as pool:
        asked = list(pool.map(one, range(50)))
    assert len({number for number, _ in asked}) == 1
    assert sum(created for _, created in asked) == 1
    with ledger(database_url) as own:
        assert len(runs.every(own)) == 1


def test_the_calendar_asks_once_for_each_version_even_when_the_data_change(
    study: str, session: Session
) -> None:
    first, created = runs.ask(session, Wanted(study, 1, BEFORE, "watch", promotion_version=1))
    assert created
    assert runs.ask(session, Wanted(study, 1, AFTER, "watch", promotion_version=1)) == (
        first,
        False,
    )
    end(session, "done")
    assert runs.ask(session, Wanted(study, 1, AFTER, "watch", promotion_version=1)) == (
        first,
        False,
    )
    moved, created = runs.ask(session, Wanted(study, 1, AFTER, "watch", promotion_version=2))
    assert created
    assert moved != first


def test_data_that_did_not_pass_are_due_again_once_they_changed(
    study: str, session: Session
) -> None:
    first, _ = runs.ask(session, Wanted(study, 1, BEFORE, "watch", promotion_version=1))
    end(session, "failed")
    assert runs.ask(session, Wanted(study, 1, BEFORE, "watch", promotion_version=1)) == (
        first,
        False,
    )
    _, created = runs.ask(session, Wanted(study, 1, AFTER, "watch", promotion_version=1))
    assert created


def test_a_person_may_have_a_failed_run_repeated_and_no_other(study: str, session: Session) -> None:
    first, _ = runs.ask(session, Wanted(study, 1, BEFORE, "ann"))
    assert runs.ask(session, Wanted(study, 1, BEFORE, "ben")) == (first, False)
    end(session, "failed")
    assert runs.ask(session, Wanted(study, 1, BEFORE, "ben", "repaired")) == (first, True)
    (run,) = runs.every(session, states=("waiting",))
    assert (run.asked_by, run.reason, run.attempts, run.error) == ("ben", "repaired", 0, None)
    end(session, "done")
    assert runs.ask(session, Wanted(study, 1, BEFORE, "ben")) == (first, False)


def test_who_asked_and_why_is_on_record(study: str, session: Session) -> None:
    runs.ask(session, Wanted(study, 1, BEFORE, "ann", "cells of March were restated"))
    query = "SELECT who, subject, details ->> 'reason' FROM audit_log WHERE what = 'run_asked'"
    (found,) = session.execute(text(query))
    assert tuple(found) == ("ann", study, "cells of March were restated")


def test_two_who_hand_out_the_same_run_count_once(study: str, session: Session) -> None:
    number, _ = runs.ask(session, Wanted(study, 1, BEFORE, "watch"))
    for flow_run in ("first", "second"):
        runs.handed_out(session, number, 0, flow_run)
    (run,) = runs.every(session)
    assert (run.hand_outs, run.flow_run) == (1, "first")


@pytest.mark.parametrize(
    "change",
    [
        "state = 'done'",
        "state = 'done', waits_for = NULL, ended_at = now(), result_version = 9",
        "state = 'running', waits_for = NULL",
        "state = 'gone'",
        "token = 'x'",
    ],
)
def test_the_database_refuses_a_run_that_is_half_marked(
    study: str, session: Session, change: str
) -> None:
    runs.ask(session, Wanted(study, 1, BEFORE, "ann"))
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text(f"UPDATE runs SET {change}"))
