"""A lease has one holder, who is replaced when it dies and can mark nothing afterwards."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from storage import audit, leases, results, runs
from storage.database import transaction
from storage.leases import Claim, LeaseLost
from storage.ledger import ledger
from storage.runs import Wanted
from tests.storage.answers import analysis

STATE = "a" * 64
MINUTE, HOUR = 60.0, 3600


@pytest.fixture
def study(database_url: str) -> str:
    """A registered study with a result to point to."""
    with ledger(database_url) as own:
        answer = analysis(own)
        results.save(own, answer)
        return answer.study


def ask(session: Session, study: str, state: str = STATE) -> int:
    return runs.ask(session, Wanted(study, 1, state, "ann"))[0]


def claim(session: Session, lease: float = MINUTE, worker: str = "one:1") -> Claim:
    held = leases.claim(session, worker, lease)
    assert held is not None
    return held


def pretend(session: Session, hours: int) -> None:
    """As if the database's clock had been set by so many hours just now."""
    moved = ", ".join(f"{name} = {name} - interval '{hours} hours'"
                      for name in ("not_before", "claimed_at", "lease_until"))  # fmt: skip
    session.execute(text(f"UPDATE runs SET {moved}"))


def test_a_run_has_one_holder_however_many_ask(study: str, database_url: str) -> None:
    with ledger(database_url) as own:
        ask(own, study)

    def one(number: int) -> Claim | None:
        with ledger(database_url) as own:
            return leases.claim(own, f"worker:{number}", MINUTE)

    with ThreadPoolExecutor(10) as pool:
        held = [claim for claim in pool.map(one, range(30)) if claim is not None]
    assert len(held) == 1
    with ledger(database_url) as own:
        assert leases.renew(own, held[0])


def test_runs_are_claimed_in_the_order_they_were_asked_for(study: str, session: Session) -> None:
    asked = [ask(session, study, letter * 64) for letter in "abc"]
    assert [claim(session).run for _ in asked] == asked
    assert leases.claim(session, "one:1", MINUTE) is None


def test_one_run_can_be_claimed_by_its_number(study: str, session: Session) -> None:
    _, second = (ask(session, study, letter * 64) for letter in "ab")
    held = leases.claim(session, "one:1", MINUTE, run=second)
    assert held is not None
    assert held.run == second
    assert leases.claim(session, "one:1", MINUTE, run=second) is None


def test_a_dead_holder_is_replaced_after_its_lease_and_can_mark_nothing(
    study: str, session: Session
) -> None:
    ask(session, study)
    zombie = claim(session, lease=0.05)
    time.sleep(0.1)
    successor = claim(session, worker="two:2")
    assert (successor.run, successor.attempts, successor.before) == (zombie.run, 2, "one:1")
    assert not leases.renew(session, zombie)
    with pytest.raises(LeaseLost, match="not ours any more"):
        leases.finish(session, zombie, 1)
    with pytest.raises(LeaseLost, match="not ours any more"):
        leases.fail(session, zombie, "no")
    with pytest.raises(LeaseLost, match="not ours any more"):
        leases.release(session, zombie)
    with pytest.raises(LeaseLost, match="not ours any more"):
        leases.drop(session, zombie, "no")
    assert runs.every(session)[0].worker == "two:2"
    leases.finish(session, successor, 1)
    assert (run := runs.every(session)[0]).state == "done"
    assert (run.result_version, run.worker) == (1, None)
    assert [what for (what,) in session.execute(text("SELECT what FROM audit_log"))].count(
        "run_taken_over"
    ) == 1


def test_signs_of_life_keep_a_run_beyond_its_first_lease(study: str, session: Session) -> None:
    ask(session, study)
    held = claim(session, lease=0.4)
    for _ in range(4):
        time.sleep(0.2)
        assert leases.renew(session, held)
        assert leases.claim(session, "two:2", MINUTE) is None
    leases.finish(session, held, 1)
    assert not leases.renew(session, held)


def test_a_holder_that_was_only_slow_may_still_finish(study: str, session: Session) -> None:
    ask(session, study)
    held = claim(session, lease=0.01)
    time.sleep(0.05)
    leases.finish(session, held, 1)
    assert runs.every(session)[0].state == "done"


@pytest.mark.parametrize("hours", [1, -1])
def test_the_clock_of_a_worker_is_never_looked_at(
    study: str, session: Session, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrong(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Wrong":
            return cls.fromtimestamp(time.time())

    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + hours * HOUR)
    monkeypatch.setattr("datetime.datetime", Wrong)
    ask(session, study)
    held = claim(session)
    assert leases.claim(session, "two:2", MINUTE) is None
    monkeypatch.setattr(time, "time", right)  # and it jumps back while the run is held
    assert leases.claim(session, "two:2", MINUTE) is None
    assert leases.renew(session, held)
    leases.finish(session, held, 1)
    left = "SELECT extract(epoch FROM clock_timestamp() - ended_at) FROM runs"
    assert 0 <= float(session.scalar(text(left)) or -1) < MINUTE


def test_when_the_database_s_own_clock_is_set_back_a_dead_holder_is_still_replaced(
    study: str, session: Session
) -> None:
    ask(session, study)
    claim(session)
    pretend(session, hours=-1)  # leases now end an hour later than they ever could
    successor = leases.claim(session, "two:2", MINUTE)
    assert successor is not None
    leases.release(session, successor, pause=30)
    assert leases.claim(session, "two:2", MINUTE) is None
    pretend(session, hours=-1)
    assert leases.claim(session, "two:2", MINUTE) is not None


def test_when_the_database_s_own_clock_is_set_forward_a_living_holder_goes_on(
    study: str, session: Session
) -> None:
    ask(session, study)
    held = claim(session)
    pretend(session, hours=1)
    assert leases.renew(session, held)
    assert leases.claim(session, "two:2", MINUTE) is None
    leases.finish(session, held, 1)


def test_a_released_run_waits_its_pause_and_says_for_what(study: str, session: Session) -> None:
    ask(session, study)
    leases.release(session, claim(session), "the database, which went away", pause=0.3)
    assert leases.claim(session, "one:1", MINUTE) is None
    assert runs.every(session)[0].waits_for == "the database, which went away"
    time.sleep(0.4)
    assert claim(session).attempts == 2


def test_a_run_that_kills_its_workers_is_given_up(study: str, session: Session) -> None:
    ask(session, study)
    for _ in range(leases.MOST):
        claim(session, lease=0.0)
    assert leases.claim(session, "one:1", MINUTE) is None
    ((number, named, why),) = leases.give_up(session, "watch")
    assert (number, named) == (runs.every(session)[0].id, study)
    assert f"claimed {leases.MOST} times" in why
    assert "one:1" in why
    assert runs.every(session)[0].state == "given_up"
    assert leases.give_up(session, "watch") == []


def test_marks_are_undone_with_the_transaction_they_are_in(study: str, engine: Engine) -> None:
    with transaction(engine) as session:
        ask(session, study)
        held = claim(session)

    def breaking() -> Iterator[None]:
        with transaction(engine) as session:
            leases.finish(session, held, 1)
            yield
            raise RuntimeError("killed before the commit")

    with pytest.raises(RuntimeError, match="killed"):
        list(breaking())
    with transaction(engine) as session:
        assert runs.every(session)[0].state == "running"
        assert audit.verify(session) == []
