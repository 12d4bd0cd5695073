"""A replay: the same bits from what is stored, each difference named, and never another result."""

import pytest

from flows.analyze import analyze
from flows.replay import replay, replay_sample
from storage import alerts, audit, replays
from storage.answers import digest
from storage.errors import StorageError, UnknownResult
from storage.estimates import read
from storage.ledger import ledger
from storage.records import StoredResult
from storage.versions import numbered
from tests.flows import shop
from tests.flows.test_choosing import ENSEMBLE
from tests.flows.test_choosing import PLAN as CHOOSING

ELSEWHERE = "0.0.9+" + "0" * 64


def answered(url: str, plan: str = shop.PLAN) -> StoredResult:
    shop.fill(url, shop.sales())
    return analyze(shop.ask(url, plan), requested_by="ann")


def owner_sets(url: str, statement: str, *tables: str) -> None:
    """What only the owner of the tables can do, after switching the triggers off."""
    with shop.connection(url) as server, server.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER insert_only")
        cursor.execute(statement)


def test_a_result_comes_out_again_bit_for_bit_and_the_replay_is_on_record(ledger_url: str) -> None:
    result = answered(ledger_url)
    before = shop.counts(ledger_url)
    made = replay("shop", 1, requested_by="bob", reason="the auditor asked")
    assert (made.outcome, made.promised, made.elsewhere) == ("equal", "bits", ())
    assert (made.differing, made.differences, made.largest) == (0, (), None)
    assert made.numbers > result.panel.outcome.size
    assert made.machine == result.machine
    assert shop.counts(ledger_url) == before
    with ledger(ledger_url) as session:
        assert replays.of_result(session, "shop", 1) == (made,)
        assert audit.verify(session) == []
    (last,) = shop.rows_of(
        ledger_url, "SELECT what, who, subject FROM audit_log ORDER BY id DESC LIMIT 1"
    )
    assert last == ("result_replayed", "bob", "shop@1")


def test_data_that_changed_since_are_none_of_its_business(ledger_url: str) -> None:
    answered(ledger_url)
    shop.fill(ledger_url, shop.sales(stores=12))
    assert replay("shop", 1).outcome == "equal"


def test_elsewhere_eight_digits_are_promised_and_what_is_other_is_said(ledger_url: str) -> None:
    answered(ledger_url)
    owner_sets(
        ledger_url,
        f"UPDATE results SET code_version = '{ELSEWHERE}', machine = 'a PDP-11'",
        "results",
    )
    made = replay("shop", 1)
    assert (made.outcome, made.promised) == ("equal", "digits")
    code, machine = made.elsewhere
    assert code.startswith("other code: 0.0.9+000000000000 then")
    assert machine.startswith("another machine: a PDP-11 then")


def test_a_result_without_a_machine_on_record_is_from_elsewhere(ledger_url: str) -> None:
    answered(ledger_url)
    owner_sets(ledger_url, "UPDATE results SET machine = NULL", "results")
    made = replay("shop", 1)
    assert made.elsewhere == ("the machine it was computed on is not on record",)


def forge(url: str, result: StoredResult) -> None:
    """Make an effect 500, and the hash of the result what it then must be."""
    owner_sets(url, "UPDATE estimates SET att = 500 WHERE estimator = 'did'", "estimates")
    with ledger(url) as session:
        row = numbered(session, "shop", 1)
        sha256 = digest(read(session, row.id, result.panel))
    owner_sets(url, f"UPDATE results SET content_hash = '{sha256}'", "results")


def test_a_result_that_was_forged_with_its_hash_comes_out_different(ledger_url: str) -> None:
    """Whoever owns the tables can make a result that is whole in itself; a replay shows it."""
    result = answered(ledger_url)
    forge(ledger_url, result)
    made = replay("shop", 1)
    assert (made.outcome, made.promised, made.differing) == ("different", "bits", 1)
    (found,) = made.differences
    assert (found.where, found.before) == ("did / att", 500)
    assert found.after == result.estimates[0].att


def test_a_chosen_primary_is_used_as_it_was_chosen_and_its_race_replayed_by_option(
    ledger_url: str,
) -> None:
    result = answered(ledger_url, CHOOSING)
    assert result.choice is not None
    races = shop.rows_of(ledger_url, "SELECT count(*) FROM race_batches")
    without, with_race = replay("shop", 1), replay("shop", 1, race=True)
    assert (without.outcome, without.race) == ("equal", False)
    assert (with_race.outcome, with_race.race) == ("equal", True)
    assert with_race.numbers > without.numbers
    assert shop.rows_of(ledger_url, "SELECT count(*) FROM race_batches") == races


def test_a_result_that_is_not_there_or_was_altered_is_not_replayed(ledger_url: str) -> None:
    answered(ledger_url)
    with pytest.raises(UnknownResult, match="no version 7"):
        replay("shop", 7)
    owner_sets(ledger_url, "UPDATE estimates SET att = 500", "estimates")
    with pytest.raises(StorageError, match="not what was saved"):
        replay("shop", 1)
    (last,) = shop.rows_of(ledger_url, "SELECT what FROM audit_log ORDER BY id DESC LIMIT 1")
    assert last == ("replay_failed",)


def test_a_random_sample_is_replayed_and_what_drifted_or_failed_is_told_once(
    ledger_url: str,
) -> None:
    result = answered(ledger_url)
    assert [one.outcome for one in replay_sample(5)] == ["equal"]
    forge(ledger_url, result)
    for _ in "12":  # the second night adds nothing while the alert is open
        assert [one.outcome for one in replay_sample(5)] == ["different"]
    with ledger(ledger_url) as session:
        (drifted,) = alerts.known(session)
    assert (drifted.kind, drifted.subject) == ("result_drifted", "shop")
    assert drifted.message.startswith("shop@1 came out different: 1 of ")
    owner_sets(ledger_url, "UPDATE estimates SET att = 7 WHERE estimator = 'did'", "estimates")
    assert replay_sample(5) == []
    with ledger(ledger_url) as session:
        kinds = {one.kind: one.message for one in alerts.known(session)}
    assert "shop@1 is not what was saved" in kinds["replay_failed"]


def test_an_ensemble_comes_out_again_from_its_weights_and_these_from_its_race(
    ledger_url: str,
) -> None:
    result = answered(ledger_url, ENSEMBLE)
    assert result.primary == "ensemble"
    assert replay("shop", 1).outcome == "equal"
    with_race = replay("shop", 1, race=True)
    assert (with_race.outcome, with_race.differing) == ("equal", 0)
