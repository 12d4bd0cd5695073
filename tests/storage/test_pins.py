"""Pins: who asks for a study without a version is given the official one, whatever came later."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from storage import audit, pins, results, summaries
from storage.database import transaction
from storage.errors import StorageError, UnknownResult
from storage.records import StoredResult
from tests.storage.decisions import answered


def pin(engine: Engine, version: int) -> None:
    with transaction(engine) as session:
        pins.pin(session, "display", version, by="bob", reason="told to the board")


def read(engine: Engine, version: int | None = None) -> StoredResult:
    with transaction(engine) as session:
        return results.load(session, "display", version)


def test_without_a_pin_a_reader_is_given_the_newest(engine: Engine) -> None:
    answered(engine)
    answered(engine, seed=2)
    found = read(engine)
    assert (found.version, found.pin, found.later) == (2, None, None)
    older = read(engine, 1)
    assert older.later is not None
    assert older.later.version == 2


def test_a_pinned_version_stays_under_a_reader_and_a_later_one_is_told_of(engine: Engine) -> None:
    answered(engine)
    pin(engine, 1)
    before = read(engine)
    answered(engine, seed=2)
    after = read(engine)
    assert (before.version, after.version) == (1, 1)
    assert before.result_id == after.result_id
    assert after.pin is not None
    assert (after.pin.version, after.pin.by, after.pin.reason) == (1, "bob", "told to the board")
    assert before.later is None
    assert after.later is not None
    assert (after.later.version, after.later.att) == (2, -1 / 3)
    other = read(engine, 2)
    assert other.pin == after.pin
    with transaction(engine) as session:
        lines = summaries.history(session, "display")
    assert [(one.version, one.pin) for one in lines] == [(2, after.pin), (1, after.pin)]


def test_a_pin_moves_with_a_reason_and_every_pin_is_kept(engine: Engine) -> None:
    for seed in (1, 2):
        answered(engine, seed=seed)
        pin(engine, seed)
    assert read(engine).version == 2
    with transaction(engine) as session:
        kept = session.execute(text("SELECT version, pinned_by FROM pins ORDER BY id")).all()
        last = session.execute(
            text("SELECT what, who, subject, details FROM audit_log ORDER BY id DESC LIMIT 1")
        ).one()
        assert audit.verify(session) == []
    assert [tuple(row) for row in kept] == [(1, "bob"), (2, "bob")]
    assert (last.what, last.who, last.subject) == ("result_pinned", "bob", "display@2")
    assert (last.details["before"], last.details["reason"]) == (1, "told to the board")


def test_what_is_not_there_or_pinned_already_is_not_pinned(engine: Engine) -> None:
    answered(engine)
    with pytest.raises(UnknownResult, match="no version 7; it has 1"):
        pin(engine, 7)
    pin(engine, 1)
    with pytest.raises(StorageError, match="display@1 is pinned already"):
        pin(engine, 1)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("'display', 9, 'r', 'eve'", "fk_pins_study_version"),
        ("'display', 1, ' ', 'eve'", "ck_pins_reason"),
        ("'display', 1, 'r', ''", "ck_pins_pinned_by"),
    ],
)
def test_the_database_refuses_a_pin_on_nothing_or_without_a_reason(
    engine: Engine, values: str, said: str
) -> None:
    answered(engine)
    statement = f"INSERT INTO pins (study, version, reason, pinned_by) VALUES ({values})"
    with engine.connect() as connection, pytest.raises(IntegrityError, match=said):
        connection.execute(text(statement))
