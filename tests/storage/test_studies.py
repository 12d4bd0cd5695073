"""Registered plans: versions of a study, and what was asked when."""

import pytest
from sqlalchemy.orm import Session

from storage import studies
from storage.errors import UnknownStudy
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
