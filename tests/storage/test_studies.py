"""Registered plans: versions of a study, and what was asked when."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from storage import studies
from storage.errors import StorageError, UnknownStudy
from tests.storage.answers import plan


def test_a_changed_plan_is_a_new_version_and_the_same_plan_is_not(session: Session) -> None:
    first = studies.register(session, plan(), by="ada", reason="first")
    again = studies.register(session, plan(), by="bob", reason="again")
    changed = studies.register(session, plan(seed=2), by="ada")
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
        " ('old', 4, CAST(:plan AS json), encode(sha256(convert_to(:plan, 'UTF8')), 'hex'), '', '')"
    )
    session.execute(text(insert), {"plan": json.dumps(written)})
    with pytest.raises(StorageError, match=r"^plan version 4 of old says .*\(settings\.mc\.gone\)"):
        studies.current(session, "old")
    session.rollback()  # nothing of it is in the log, so it could not be committed
