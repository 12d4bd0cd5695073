"""Decisions: two persons where two are needed, by the database's own rule; and what came of it."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from storage import audit, decisions, results, summaries
from storage.database import transaction
from storage.errors import StorageError, UnknownResult, UnknownStudy
from storage.undecided import undecided
from tests.storage.decisions import answered


def decide(engine: Engine, decision: str, by: str = "carla", version: int = 1) -> None:
    with transaction(engine) as session:
        decisions.decide(session, "display", version, decision, by=by, reason="it paid")


def sign(engine: Engine, by: str, version: int = 1) -> None:
    with transaction(engine) as session:
        decisions.sign_off(session, "display", version, by=by, reason="read it")


def judge(engine: Engine, outcome: str, evidence: tuple[str, int] | None = None) -> None:
    with transaction(engine) as session:
        decisions.judge(
            session, "display", 1, outcome, by="dora", reason="sales held", evidence=evidence
        )


def test_a_decision_its_signature_and_its_outcome_are_read_back_with_the_result(
    engine: Engine,
) -> None:
    answered(engine, recommended="repeat")
    answered(engine, seed=2)
    decide(engine, "repeat")
    sign(engine, "bob")
    judge(engine, "unclear")
    judge(engine, "right", evidence=("display", 2))
    with transaction(engine) as session:
        (found,) = results.load(session, "display", 1).decisions
        (line,) = [one for one in summaries.history(session, "display") if one.version == 1]
        assert line.decisions == (found,)
        assert decisions.listed(session, "display") == decisions.listed(session) == [found]
        assert results.load(session, "display", 2).decisions == ()
    assert (found.decision, found.recommendation, found.by) == ("repeat", "repeat", "carla")
    assert found.stands
    assert not found.against
    assert [one.by for one in found.sign_offs] == ["bob"]
    assert [one.outcome for one in found.outcomes] == ["unclear", "right"]
    assert found.outcome is not None
    assert (found.outcome.outcome, found.outcome.evidence) == ("right", "display@2")


def test_every_act_is_in_the_audit_log_with_its_hash(engine: Engine) -> None:
    answered(engine)
    decide(engine, "stop")
    sign(engine, "bob")
    judge(engine, "wrong")
    with transaction(engine) as session:
        entries = session.execute(
            text("SELECT what, who, subject, details FROM audit_log ORDER BY id DESC LIMIT 3")
        ).all()
        hashes = [
            session.scalar(text(f"SELECT content_hash FROM {table}"))
            for table in ("decision_outcomes", "sign_offs", "decisions")
        ]
        assert audit.verify(session) == []
    assert [(one.what, one.who, one.subject) for one in entries] == [
        ("decision_judged", "dora", "display@1"),
        ("decision_signed_off", "bob", "display@1"),
        ("decision_made", "carla", "display@1"),
    ]
    assert [one.details["content_hash"] for one in entries] == hashes
    assert entries[2].details["reason"] == "it paid"


@pytest.mark.parametrize("who", ["ada", "ADA", " Ada "])
def test_who_asked_for_the_analysis_cannot_sign_it_off(engine: Engine, who: str) -> None:
    answered(engine)
    decide(engine, "stop")
    with pytest.raises(StorageError, match="asked for the analysis display@1: somebody else"):
        sign(engine, who)


def test_who_decided_cannot_sign_it_off(engine: Engine) -> None:
    answered(engine)
    decide(engine, "stop")
    with pytest.raises(StorageError, match="made this decision about display@1: somebody else"):
        sign(engine, "carla")


def test_against_the_recommendation_a_decision_stands_only_with_a_second_person(
    engine: Engine,
) -> None:
    answered(engine, recommended="repeat")
    decide(engine, "stop")
    with transaction(engine) as session:
        (found,) = decisions.of_result(session, "display", 1)
        assert found.against
        assert not found.stands
        (waiting,) = undecided(session)
        assert (waiting.study, waiting.version, waiting.recommendation) == ("display", 1, "repeat")
        assert waiting.waiting
    with pytest.raises(StorageError, match="nobody signed it off, so it has no outcome"):
        judge(engine, "right")
    sign(engine, "bob")
    judge(engine, "right")
    with transaction(engine) as session:
        (found,) = decisions.of_result(session, "display", 1)
        assert found.stands
        assert undecided(session) == []


def test_a_later_decision_takes_the_place_of_an_earlier_one_once_it_stands(
    engine: Engine,
) -> None:
    answered(engine, recommended="repeat")
    decide(engine, "repeat")
    decide(engine, "stop")
    with transaction(engine) as session:
        first, second = decisions.of_result(session, "display", 1)
        assert (first.superseded, second.stands) == (False, False)
    sign(engine, "bob")
    with transaction(engine) as session:
        first, second = decisions.of_result(session, "display", 1)
        assert (first.superseded, second.stands) == (True, True)


SIGN = (
    "INSERT INTO sign_offs (decision_id, reason, signed_by, content_hash) VALUES (1, 'r', '{}', {})"
)
HASH = "repeat('0', 64)"
PAST_OUR_CODE = {
    "the asker signs": (SIGN.format("ada", HASH), "asked for the analysis"),
    "the decider signs": (SIGN.format("carla", HASH), "made this decision"),
    "nobody signs": (SIGN.format(" ", HASH), "ck_sign_offs_signed_by"),
    "an outcome of what does not stand": (
        "INSERT INTO decision_outcomes (decision_id, outcome, reason, judged_by, content_hash)"
        f" VALUES (1, 'right', 'r', 'eve', {HASH})",
        "does not stand",
    ),
    "another recommendation than the ledger's": (
        "INSERT INTO decisions (result_id, decision, recommendation, reason, decided_by,"
        f" content_hash) VALUES (1, 'stop', 'stop', 'r', 'eve', {HASH})",
        "the recommendation on record is repeat, not stop",
    ),
    "no recommendation where there is one": (
        "INSERT INTO decisions (result_id, decision, reason, decided_by, content_hash)"
        f" VALUES (1, 'stop', 'r', 'eve', {HASH})",
        "the recommendation on record is repeat, not none",
    ),
    "no reason": (
        "INSERT INTO decisions (result_id, decision, recommendation, reason, decided_by,"
        f" content_hash) VALUES (1, 'stop', 'repeat', ' ', 'eve', {HASH})",
        "ck_decisions_reason",
    ),
}


@pytest.mark.parametrize(("statement", "said"), PAST_OUR_CODE.values(), ids=PAST_OUR_CODE)
def test_the_database_refuses_what_comes_past_our_code(
    engine: Engine, statement: str, said: str
) -> None:
    answered(engine, recommended="repeat")
    decide(engine, "stop")
    for role in ("origin", "replica"):  # ordinary triggers are off for a replica
        with engine.connect() as connection:
            connection.execute(text(f"SET session_replication_role = {role}"))
            with pytest.raises(IntegrityError, match=said):
                connection.execute(text(statement))


def test_times_are_the_databases_whatever_is_inserted(engine: Engine) -> None:
    answered(engine)
    with engine.connect() as connection:  # not committed: it has no entry in the log
        connection.execute(
            text(
                "INSERT INTO decisions (result_id, decision, reason, decided_by, decided_at,"
                f" content_hash) VALUES (1, 'stop', 'r', 'eve', 'epoch', {HASH})"
            )
        )
        assert connection.scalar(text("SELECT extract(year FROM decided_at) FROM decisions")) > 2000


def test_a_decision_that_is_superseded_cannot_be_signed_behind_the_back_of_the_later_one(
    engine: Engine,
) -> None:
    answered(engine)
    decide(engine, "stop")
    decide(engine, "repeat")
    with engine.connect() as connection, pytest.raises(IntegrityError, match="a later decision"):
        connection.execute(text(SIGN.format("bob", HASH)))


def test_a_decision_that_was_altered_is_not_shown(engine: Engine) -> None:
    answered(engine)
    decide(engine, "stop")
    with engine.begin() as connection:  # whoever owns the tables can switch the triggers off
        connection.execute(text("ALTER TABLE decisions DISABLE TRIGGER insert_only"))
        connection.execute(text("UPDATE decisions SET decision = 'repeat'"))
    with pytest.raises(StorageError, match="not what was saved"), transaction(engine) as session:
        results.load(session, "display")


def test_what_is_not_there_cannot_be_decided_signed_or_judged(engine: Engine) -> None:
    with pytest.raises(UnknownStudy):
        decide(engine, "stop")
    answered(engine)
    with pytest.raises(UnknownResult, match="no version 7; it has 1"):
        decide(engine, "stop", version=7)
    with pytest.raises(StorageError, match="nothing was decided about display@1 yet"):
        sign(engine, "bob")
    with pytest.raises(StorageError, match="nothing was decided about display@1 yet"):
        judge(engine, "right")
    with transaction(engine) as session, pytest.raises(UnknownStudy, match="registered: display"):
        decisions.listed(session, "displai")


def test_only_the_newest_result_of_a_study_waits_for_a_decision(engine: Engine) -> None:
    answered(engine)
    answered(engine, seed=2)
    with transaction(engine) as session:
        (found,) = undecided(session)
        assert (found.version, found.requested_by, found.waiting) == (2, "ada", False)
    decide(engine, "stop", version=2)
    with transaction(engine) as session:
        assert undecided(session) == []
