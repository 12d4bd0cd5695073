"""Registered plans: versions of a study, and what was asked when."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage import studies
from storage.errors import ReasonMissing, StorageError, UnknownStudy
from tests.storage.answers import plan


def test_a_changed_plan_is_a_new_version_and_the_same_plan_is_not(session: Session) -> None:
    first = studies.register(session, plan(), by="ada", reason="first")
    again = studies.register(session, plan(), by="bob", reason="again")
    changed = studies.register(session, plan(seed=2), by="ada", reason="another seed")
    back = studies.register(session, plan(), by="ada", reason="the old plan was right")
    assert [one.version for one in (first, again, changed, back)] == [1, 1, 2, 3]
    assert [one.created for one in (first, again, changed, back)] == [True, False, True, True]
    assert studies.current(session, "display") == (plan(), 3, plan().sha256())
    assert studies.plan_of(session, "display", 2) == plan(seed=2)
    with pytest.raises(UnknownStudy, match="registered: display"):
        studies.current(session, "displai")


def test_a_plan_that_another_release_wrote_and_this_one_cannot_read_is_named(
    session: Session,
) -> None:
    written = plan().model_dump(mode="json") | {"settings": {"mc": {"gone": 1}}}
    insert = (
        "INSERT INTO studies (study, version, plan, plan_hash, registered_by, reason) VALUES"
        " ('old', 4, CAST(:plan AS json), encode(sha256(convert_to(:plan, 'UTF8')), 'hex'), '',"
        " 'why')"
    )
    session.execute(text(insert), {"plan": json.dumps(written)})
    with pytest.raises(StorageError, match=r"^plan version 4 of old says .*\(settings\.mc\.gone\)"):
        studies.current(session, "old")
    session.rollback()  # nothing of it is in the log, so it could not be committed


def test_a_change_without_a_reason_is_refused_with_the_keys_that_differ(session: Session) -> None:
    studies.register(session, plan(), by="ada")
    said = (
        "the plan of display is not what version 1 on record says (donors.exclude, seed); nothing "
        "was changed. Say why with --reason"
    )
    for reason in ("", " "):
        with pytest.raises(ReasonMissing) as refused:
            studies.register(session, plan(seed=2, exclude="['store 3']"), "ada", reason)
        assert str(refused.value) == said
    assert [one.version for one in studies.history(session, "display")] == [1]


def test_the_database_refuses_a_change_without_a_reason(session: Session) -> None:
    wrong = (
        "INSERT INTO studies (study, version, plan, plan_hash, registered_by, reason) VALUES"
        " ('s', 2, '{}', encode(sha256('{}'), 'hex'), 'eve', '')"
    )
    with (
        pytest.raises(IntegrityError, match="version 2 of s changes a plan on record"),
        session.begin_nested(),
    ):
        session.execute(text(wrong))


def test_the_history_of_a_plan_is_every_version_of_it(session: Session) -> None:
    studies.register(session, plan(), by="ada", reason="first")
    studies.register(session, plan(seed=2), by="bob", reason="another seed")
    first, second = studies.history(session, "display")
    assert (first.registered_by, first.reason, first.plan["seed"]) == ("ada", "first", 1)
    assert (second.registered_by, second.reason, second.plan["seed"]) == ("bob", "another seed", 2)
    assert second.plan_hash == plan(seed=2).sha256()
    assert first.registered_at < second.registered_at
