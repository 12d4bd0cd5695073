"""A claimed run is answered, with or without Prefect, and marked with how it ended."""

import threading

import pytest

from checks.errors import ChecksFailed
from flows import working
from flows.analyze import analyze, answer
from flows.leasing import RunElsewhere, answered, claimed
from storage import alerts, audit, leases, runs
from storage.errors import DatabaseUnavailable, StorageError
from storage.ledger import ledger
from storage.runs import Run
from tasks import leases as steps
from tasks.due import ask_by_hand
from tests.flows import shop


def queued(url: str) -> int:
    shop.fill(url, shop.sales())
    return ask_by_hand(url, shop.ask(url), "ann", "for the board")[0]


def only(url: str) -> Run:
    with ledger(url) as session:
        (run,) = runs.every(session)
    return run


def test_a_queued_run_is_answered_by_the_flow_and_says_who_asked(ledger_url: str) -> None:
    result = analyze("shop", run=queued(ledger_url))
    assert (result.requested_by, result.reason) == ("ann", "for the board")
    run = only(ledger_url)
    assert (run.state, run.result_version, run.attempts) == ("done", 1, 1)


def test_a_run_that_ended_is_not_computed_again(ledger_url: str) -> None:
    run = queued(ledger_url)
    analyze("shop", run=run)
    with pytest.raises(RunElsewhere, match="has ended, or somebody else"):
        analyze("shop", run=run)


def test_a_worker_without_prefect_gives_the_same_bits_as_the_flow(ledger_url: str) -> None:
    run = queued(ledger_url)
    assert answered(ledger_url, claimed(ledger_url, run), answer) == 1
    assert analyze("shop").version == 1  # the same request: the flow finds the worker's answer
    assert analyze(shop.ask(ledger_url, shop.PLAN.replace("study: shop", "study: twin"))).version
    (plain, flow) = shop.rows_of(ledger_url, "SELECT content_hash FROM results ORDER BY id")
    assert plain == flow


def test_data_that_do_not_pass_end_the_run_with_an_alert(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales(treated=0))
    run, _ = ask_by_hand(ledger_url, shop.ask(ledger_url), "ann", "")
    with pytest.raises(ChecksFailed):
        answered(ledger_url, claimed(ledger_url, run), answer)
    assert only(ledger_url).state == "failed"
    with ledger(ledger_url) as session:
        (alert,) = alerts.known(session)
    assert (alert.kind, alert.subject) == ("run_failed", "shop")
    assert "no cell of the panel is treated" in alert.message


def test_a_run_whose_database_went_away_waits_for_another_attempt(ledger_url: str) -> None:
    run = queued(ledger_url)

    def gone(url: str, study: str, by: str, reason: str) -> int:
        raise DatabaseUnavailable("gone")

    with pytest.raises(DatabaseUnavailable):
        answered(ledger_url, claimed(ledger_url, run), gone)
    assert only(ledger_url).state == "waiting"
    assert "went away" in str(only(ledger_url).waits_for)


def test_what_fails_as_nothing_should_is_tried_three_times_and_then_an_alert(
    ledger_url: str,
) -> None:
    run = queued(ledger_url)

    def full(url: str, study: str, by: str, reason: str) -> int:
        raise MemoryError("no space left")

    for attempt in (1, 2, 3):
        with pytest.raises(MemoryError):
            answered(ledger_url, claimed(ledger_url, run), full)
        said = only(ledger_url)
        if attempt < 3:
            assert said.state == "waiting"
            assert "failed with MemoryError: no space left" in str(said.waits_for)
            with shop.connection(ledger_url) as server, server.cursor() as cursor:
                cursor.execute("UPDATE runs SET not_before = now()")
    assert only(ledger_url).state == "failed"
    with ledger(ledger_url) as session:
        (alert,) = alerts.known(session)
    assert alert.message == "it failed 3 times, with MemoryError: no space left"


def test_a_run_that_is_broken_off_is_let_go_at_once(ledger_url: str) -> None:
    run = queued(ledger_url)

    def broken_off(url: str, study: str, by: str, reason: str) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answered(ledger_url, claimed(ledger_url, run), broken_off)
    assert only(ledger_url).state == "waiting"
    assert claimed(ledger_url, run).attempts == 2


def test_a_plan_that_changed_while_the_run_waited_is_not_answered(ledger_url: str) -> None:
    run = queued(ledger_url)
    shop.ask(ledger_url, shop.PLAN + "seed: 7\n")
    with pytest.raises(RunElsewhere, match="plan version 2 took the place"):
        answered(ledger_url, claimed(ledger_url, run), answer)
    assert only(ledger_url).state == "given_up"
    assert shop.counts(ledger_url)["results"] == 0


def test_who_lost_the_lease_marks_nothing_and_both_stored_one_result(
    ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = queued(ledger_url)
    zombie = claimed(ledger_url, run)

    def overtaken(url: str, study: str, by: str, reason: str) -> int:
        version = answer(url, study, by, reason)
        with shop.connection(url) as server, server.cursor() as cursor:
            cursor.execute("UPDATE runs SET lease_until = now() - interval '1 second'")
        assert answered(url, claimed(url, run), answer) == version
        return version

    with pytest.raises(leases.LeaseLost):
        answered(ledger_url, zombie, overtaken)
    assert (only(ledger_url).state, only(ledger_url).attempts) == ("done", 2)
    assert shop.counts(ledger_url)["results"] == 1
    with ledger(ledger_url) as session:
        assert audit.verify(session) == []


def test_signs_of_life_go_on_while_it_is_computed(
    ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(steps.LEASE, "1")
    held = claimed(ledger_url, queued(ledger_url))
    renewed = "SELECT lease_until > claimed_at + interval '2 seconds' FROM runs"
    with steps.alive(ledger_url, held):
        deadline = threading.Event()
        while not shop.rows_of(ledger_url, renewed)[0][0]:
            assert not deadline.wait(0.1)


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "1e9"])
def test_a_lease_that_is_none_is_said(text: str) -> None:
    with pytest.raises(StorageError, match=f"LIFTLEDGER_LEASE={text}: give seconds"):
        steps.lease_seconds({steps.LEASE: text})


def test_a_worker_goes_on_after_a_study_that_fails(
    ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.fill(ledger_url, shop.sales(treated=0))
    ask_by_hand(ledger_url, shop.ask(ledger_url), "ann", "")
    shop.fill(ledger_url, shop.sales())
    ask_by_hand(ledger_url, shop.ask(ledger_url), "ann", "repaired")

    def nothing_is_left(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", nothing_is_left)
    with pytest.raises(KeyboardInterrupt):
        working.work(ledger_url)
    with ledger(ledger_url) as session:
        assert {run.state for run in runs.every(session)} <= {"done", "failed"}
