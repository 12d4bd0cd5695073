"""`liftledger verify`: whether the ledger holds, entry by entry; also one from before."""

import json

import pytest
from alembic import command
from sqlalchemy import text

from storage.database import _migrations, connect
from storage.trail import evidence
from tests.liftledger.commands import Shell, complaint
from tests.storage.answers import plan
from tests.storage.trail.attacks import cut
from tests.storage.trail.tampering import tamper, write


@pytest.fixture
def ledger(shell: Shell) -> Shell:
    """A shell over a ledger in which everything has a row."""
    from storage.ledger import ledger

    with ledger(shell.settings["DATABASE_URL"]) as session:
        write(session)
    return shell


def test_a_ledger_that_holds_says_how_much_was_looked_at(ledger: Shell) -> None:
    done = ledger.type("verify")
    assert done.returncode == 0
    facts = json.loads(ledger.type("verify", "--json").stdout)
    assert facts["holds"] is True
    assert facts["problems"] == []
    assert facts["entries"] > facts["rows"] >= len(evidence.ENTRIES)
    looked = f"{facts['entries']} entries, {facts['rows']} recorded rows"
    said = f"{looked}: everything holds; the last hash is {facts['head']}"
    assert " ".join(done.stdout.split()) == said


def test_what_is_broken_is_said_entry_by_entry_and_ends_with_1(ledger: Shell) -> None:
    engine = connect(ledger.settings["DATABASE_URL"])
    tamper(engine, "UPDATE audit_log SET who = 'eve' WHERE id IN (3, 7)", "audit_log")
    tamper(engine, "UPDATE estimates SET att = 12 WHERE estimator = 'did'", "estimates")
    engine.dispose()
    done = ledger.type("verify")
    assert done.returncode == 1
    *lines, last = done.stdout.splitlines()
    assert lines[:2] == ["entry 3: was altered", "entry 7: was altered"]
    assert lines[2].startswith("entry 7: results [1] or what hangs on it is not")
    assert last.endswith(" recorded rows: 3 problems")
    facts = json.loads(ledger.type("verify", "--json").stdout)
    assert [one["entry"] for one in facts["problems"]] == [3, 7, 7]


def test_a_ledger_from_before_is_sealed_as_it_is_found_and_verified(
    shell: Shell, empty_database_url: str
) -> None:
    engine = connect(empty_database_url)
    with engine.begin() as connection:
        command.upgrade(_migrations(connection), "0013")
    asked = plan()
    with engine.begin() as connection:  # as the release before wrote it
        connection.execute(
            text("INSERT INTO studies (study, version, plan, plan_hash, registered_by, reason)"
                 " VALUES ('display', 1, CAST(:plan AS json), :hash, 'ada', '')"),
            {"plan": asked.canonical(), "hash": asked.sha256()},
        )  # fmt: skip
        connection.execute(
            text("INSERT INTO audit_log (who, what, subject, details)"
                 " VALUES ('ada', 'study_registered', 'display@1', '{}')")
        )  # fmt: skip
    shell.settings["DATABASE_URL"] = empty_database_url
    done = shell.type("verify")
    assert done.returncode == 0, done.stdout
    assert "recorded as found, from earlier releases: 1 row" in done.stderr
    assert "2 entries, 1 recorded row: everything holds" in done.stdout
    tamper(engine, "UPDATE studies SET registered_by = 'eve'", "studies")
    engine.dispose()
    assert 'studies ["display", 1] or what hangs on it is not' in shell.type("verify").stdout


def test_an_anchor_kept_elsewhere_shows_that_the_end_was_cut_off(ledger: Shell) -> None:
    assert ledger.type("anchor", "--new-key", "a.pem").returncode == 0
    assert (ledger.folder / "a.pem").stat().st_mode & 0o777 == 0o600
    again = ledger.type("anchor", "--new-key", "a.pem")
    assert again.returncode == 1
    assert complaint(again) == "liftledger: a.pem: no key was made: File exists"
    for _ in range(2):
        assert ledger.type("anchor", "--key", "a.pem", "--to", "kept.jsonl").returncode == 0
    assert len((ledger.folder / "kept.jsonl").read_text().splitlines()) == 2
    check = ("verify", "--anchor", "kept.jsonl", "--public-key", "a.pem.pub")
    held = ledger.type(*check)
    assert held.returncode == 0
    assert "the log continues 2 anchors" in " ".join(held.stdout.split())
    engine = connect(ledger.settings["DATABASE_URL"])
    cut(engine)
    engine.dispose()
    assert ledger.type("verify").returncode == 0
    found = ledger.type(*check)
    assert found.returncode == 1
    assert "the end was cut off, or an old copy restored" in " ".join(found.stdout.split())


def test_keys_and_anchors_that_are_none_are_named(ledger: Shell) -> None:
    assert ledger.type("anchor").returncode == 2
    assert ledger.type("verify", "--anchor", "kept.jsonl").returncode == 2
    (ledger.folder / "a.pem").write_text("no key")
    wrong = ledger.type("anchor", "--key", "a.pem")
    assert wrong.returncode == 1
    assert complaint(wrong).startswith("liftledger: a.pem: is no private key in PEM")
    ledger.type("anchor", "--new-key", "b.pem")
    ledger.type("anchor", "--key", "b.pem", "--to", "kept.jsonl")
    kept = ledger.folder / "kept.jsonl"
    kept.write_text(kept.read_text() + "{}\n")
    wrong = ledger.type("verify", "--anchor", "kept.jsonl", "--public-key", "b.pem.pub")
    assert complaint(wrong) == "liftledger: kept.jsonl: line 2 is no anchor; restore it from a copy"
