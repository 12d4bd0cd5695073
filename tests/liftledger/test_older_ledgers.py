"""Ledgers of earlier releases: brought up to date, read, verified, exported and computed again."""

import json
import subprocess
import sys
import tomllib

import pytest
from alembic import command

from flows.estimating import estimated
from storage.answers import stored
from storage.database import _migrations, connect, migrate, schema_state
from storage.differences import compare
from storage.ledger import ledger
from storage.results import load
from storage.trail import offline
from tests.flows import shop
from tests.ledgers import STUDY, Kept, kept, numbers, released
from tests.liftledger.commands import PROJECT, Shell

CLOSE = 1e-8  # what a replay promises where the code is another
ANSWERED_OTHERWISE = {  # parts of an answer that come out otherwise since, on purpose
    # placebos in time that forecast or interpolate as the treatment does (decisions 29 to 31),
    # which the first code did not have; what is tuned says more of how
    "0004": {"variances", "diagnostics", "by_period", "settings", "tuning"},
}


@pytest.fixture(params=kept(), ids=lambda one: one.migration)
def left(request: pytest.FixtureRequest) -> Kept:
    """A ledger as that release left it."""
    assert isinstance(request.param, Kept)
    return request.param


@pytest.fixture
def older(left: Kept, served: Shell, empty_database_url: str) -> Shell:
    """A shell over that ledger; the first command brings it up to date."""
    with shop.connection(empty_database_url) as server, server.cursor() as cursor:
        cursor.execute(left.statements())
    served.settings["DATABASE_URL"] = empty_database_url
    return served


def test_the_answer_is_shown_as_it_was_printed_then(left: Kept, older: Shell) -> None:
    shown = json.loads(older.type("show", STUDY, "--json").stdout)
    then, now = left.facts(), numbers(shown)
    assert (shown["study"], shown["version"]) == (STUDY, 1)
    assert shown["result_id"] == then["result_id"]
    assert len(then["numbers"]) > 100
    assert {where: now[where] for where in then["numbers"]} == then["numbers"]
    assert older.type("show", STUDY).returncode == 0


def test_its_log_and_its_rows_verify(left: Kept, older: Shell) -> None:
    done = older.type("verify")
    assert done.returncode == 0, done.stdout
    assert "everything holds" in " ".join(done.stdout.split())
    before_seals = left.migration < "0014"
    # of these it is said that they are sealed as they were found, not as they were written
    assert ("recorded as found, from earlier releases" in done.stderr) == before_seals
    entries = "SELECT count(*) FROM audit_log WHERE what = 'row_found'"
    [[found]] = shop.rows_of(older.settings["DATABASE_URL"], entries)
    assert bool(found) == before_seals


def test_it_is_reported_and_exported_and_the_bundle_holds(older: Shell) -> None:
    assert older.type("report", STUDY, "-o", "page.html").returncode == 0
    assert "What did the promotion do?" in (older.folder / "page.html").read_text(encoding="utf-8")
    done = older.type("export", STUDY, "-o", "bundle")
    assert done.returncode == 0, done.stderr
    alone = [sys.executable, "-I", "-S", offline.__file__, str(older.folder / "bundle")]
    checked = subprocess.run(alone, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.timeout(600)  # the first time, everything is compiled
def test_the_same_numbers_come_out_again(left: Kept, older: Shell) -> None:
    done = older.run("replay", STUDY, "--json", patience=500)
    made = json.loads(done.stdout)
    parts = {one["where"].split(" / ")[1] for one in made["differences"]}
    assert any("other code" in one for one in made["elsewhere"])
    if left.migration in ANSWERED_OTHERWISE:
        assert (done.returncode, made["outcome"]) == (1, "different")
        assert parts <= ANSWERED_OTHERWISE[left.migration]
    else:
        assert done.returncode == 0, made["differences"]
        assert made["outcome"] in ("equal", "close")
        assert not made["largest"] or made["largest"] <= CLOSE


@pytest.mark.timeout(600)
def test_what_was_changed_on_purpose_since_is_inference_and_no_effect(older: Shell) -> None:
    """All differences, of which a replay lists the largest: none is in what was estimated."""
    migrate(older.settings["DATABASE_URL"])
    with ledger(older.settings["DATABASE_URL"]) as session:
        migrated = load(session, STUDY)
    again = estimated(migrated.panel, migrated.plan, migrated.primary, migrated.placed)
    found = compare(
        migrated.estimates, [stored(*one) for one in again.items()], migrated.panel
    ).differences
    far = {one.where.split(" / ")[1] for one in found if one.far}
    assert not far & {"status", "att", "counterfactual", "weights"}


def test_its_tables_are_those_of_today(older: Shell) -> None:
    url = older.settings["DATABASE_URL"]
    migrate(url)
    engine = connect(url)
    with engine.begin() as connection:
        command.check(_migrations(connection))
    engine.dispose()


def test_every_release_has_left_its_ledger(empty_database_url: str) -> None:
    """Until a release its schema may change from day to day; what was released is kept.

    A release is a version with a date in CHANGELOG.md. Each has a ledger, and code that calls
    itself by the version of a release has the migrations of that ledger, not one more.
    """
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    version = tomllib.loads(text)["project"]["version"]
    ledgers = {one.facts()["release"]: one.migration for one in kept()}
    missing = set(released(PROJECT)) - set(ledgers)
    assert not missing, "before a release: python -m tests.ledgers (CONTRIBUTING.md)"
    if version in ledgers:
        assert ledgers[version] == schema_state(empty_database_url)[1]
