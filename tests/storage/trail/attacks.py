"""Attacks on a ledger, by whoever may do anything to the database but has not the anchor's key.

Each is done as its author would, with the guards switched off and on again. docs/trail.md lists
them with the answer: found by the ledger alone, or by an anchor that is kept elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, text

from storage.database import transaction
from storage.trail import seals
from tests.storage.trail.tampering import tamper

REHASH = """
DO $$
DECLARE
    one audit_log;
    before text;
BEGIN
    SELECT hash INTO before FROM audit_log WHERE id = {first} - 1;
    FOR one IN SELECT * FROM audit_log WHERE id BETWEEN {first} AND {last} ORDER BY id LOOP
        one.previous_hash := before;
        one.hash := liftledger_audit_hash(one);
        UPDATE audit_log SET previous_hash = one.previous_hash, hash = one.hash WHERE id = one.id;
        before := one.hash;
    END LOOP;
END $$;
"""


@dataclass(frozen=True)
class Attack:
    """What is done to a ledger of some twelve entries, and whether it takes an anchor to see."""

    name: str
    run: Callable[[Engine], None]
    needs_anchor: bool


def _on_log(statement: str) -> Callable[[Engine], None]:
    return lambda engine: tamper(engine, statement, "audit_log")


def _edit_row_and_history(engine: Engine) -> None:
    """A better number, sealed and chained as if it had always been there."""
    tamper(engine, BETTER, "estimates")
    with transaction(engine) as session:
        seal = seals.of_row(session, "results", [1])
        number = session.scalar(
            text("SELECT id FROM audit_log WHERE recorded_table = 'results'")
        )  # fmt: skip
    sealed = f"UPDATE audit_log SET recorded_hash = '{seal}' WHERE id = {number};"
    tamper(engine, sealed + REHASH.format(first=number, last=99), "audit_log")


def _slip_in(engine: Engine) -> None:
    """Later entries make room for one that never was, and keep their hashes."""
    tamper(
        engine,
        "UPDATE audit_log SET id = -id - 1 WHERE id >= 5;"
        "UPDATE audit_log SET id = -id WHERE id < 0;"
        "INSERT INTO audit_log (id, happened_at, who, what, subject, details, previous_hash, hash,"
        " role) SELECT 5, happened_at, 'eve', 'noted', 'it', '{}', hash, repeat('e', 64), role"
        " FROM audit_log WHERE id = 4",
        "audit_log",
    )


def _reorder(engine: Engine) -> None:
    """Two entries change places, numbers and all."""
    tamper(
        engine,
        "UPDATE audit_log SET id = -5 WHERE id = 5; UPDATE audit_log SET id = 5 WHERE id = 6;"
        "UPDATE audit_log SET id = 6 WHERE id = -5",
        "audit_log",
    )


def _clock(back: str) -> Callable[[Engine], None]:
    """The last entry as the log would have it, had the clock been set back before it."""
    return _on_log(
        f"UPDATE audit_log SET happened_at = happened_at - interval '{back}'"
        " WHERE id = (SELECT max(id) FROM audit_log);"
        + REHASH.format(first="(SELECT max(id) FROM audit_log)", last=99)
    )


def _idle_clock(engine: Engine) -> None:
    """The ledger idles for a day, is anchored, and then the clock is set back by some hours."""
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO audit_log (who, what, subject, details)"
                                " VALUES ('eve', 'noted', 'it', '{}')"))  # fmt: skip
    _clock("1 hour")(engine)


def cut(engine: Engine) -> None:
    """The last entries go: what they say never happened."""
    tamper(engine, "DELETE FROM audit_log WHERE what = 'noted'", "audit_log")


def _delete_row(engine: Engine) -> None:
    """A name under a decision disappears, and its entry stays."""
    tamper(engine, "DELETE FROM sign_offs", "sign_offs")


def _forge_actor(engine: Engine) -> None:
    """Somebody else is made the one whose login wrote an entry."""
    tamper(engine, "UPDATE audit_log SET role = 'carla' WHERE what = 'decision_made'", "audit_log")


def _write_off_the_hash(engine: Engine) -> None:
    """The function that hashes entries is replaced by one that says whatever is there."""
    with engine.begin() as connection:
        connection.execute(text(
            "CREATE OR REPLACE FUNCTION liftledger_audit_hash(entry audit_log) RETURNS text"
            " LANGUAGE sql AS $$ SELECT entry.hash $$"
        ))  # fmt: skip
    tamper(engine, "UPDATE audit_log SET who = 'eve' WHERE id = 5", "audit_log")


BETTER = "UPDATE estimates SET att = 42 WHERE estimator = 'did'"
EDIT = "UPDATE audit_log SET subject = 'another' WHERE id = 5;"
ATTACKS = (
    Attack("edit an entry", _on_log(EDIT), False),
    Attack("edit an entry and hash it anew", _on_log(EDIT + REHASH.format(first=5, last=5)), False),
    Attack("edit an entry and hash it and all after it anew",
           _on_log(EDIT + REHASH.format(first=5, last=99)), True),
    Attack("edit a result, seal it anew, and hash all after it anew", _edit_row_and_history, True),
    Attack("edit a recorded row",
           lambda engine: tamper(engine, BETTER, "estimates"), False),
    Attack("delete a recorded row", _delete_row, False),
    Attack("delete an entry", _on_log("DELETE FROM audit_log WHERE id = 5"), False),
    Attack("insert an entry", _slip_in, False),
    Attack("reorder entries", _reorder, False),
    Attack("cut off the end", cut, True),
    Attack("set the clock back", _clock("1 day"), False),
    Attack("set the clock back while nothing is written", _idle_clock, True),
    Attack("forge the actor", _forge_actor, False),
    Attack("replace the function that hashes", _write_off_the_hash, False),
    Attack("switch a guard off",
           lambda engine: _run(engine, "ALTER TABLE results DISABLE TRIGGER insert_only"), False),
)  # fmt: skip


def _run(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))
