"""What the monitor saw: written once for each visit, read back as it was, or not at all."""

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage import observations
from storage.database import transaction
from storage.errors import StorageError
from storage.observations import Observation
from tests.storage.answers import analysis


def seen(state: observations.State = "fine", **details: object) -> Observation:
    return Observation("panel", "stores", state, "looked at", details)


def test_a_visit_is_read_back_as_it_was(session: Session) -> None:
    observations.save(session, "v1", [seen(late=float("nan"), share=0.5)], "ada")
    (found,) = observations.history(session, "panel", "stores")
    assert (found.state, found.message) == ("fine", "looked at")
    assert found.details == {"late": None, "share": 0.5}
    assert found.observed_at is not None


def test_the_same_visit_again_adds_nothing_and_another_one_does(session: Session) -> None:
    for visit in ("v1", "v1", "v2"):
        observations.save(session, visit, [seen()], "ada")
    assert len(observations.history(session, "panel", "stores")) == 2
    logged = session.scalars(text("SELECT subject FROM audit_log WHERE what = 'monitored'"))
    assert list(logged) == ["v1", "v2"]


def test_the_first_observation_is_what_later_ones_are_held_to(session: Session) -> None:
    observations.save(session, "v1", [seen(c=2.5)], "ada")
    observations.save(session, "v2", [seen(c=9.9)], "ada")
    found = observations.first(session, "panel", "stores")
    assert found is not None
    assert found.details == {"c": 2.5}
    assert observations.first(session, "panel", "elsewhere") is None


def test_an_observation_names_a_plan_that_is_registered(session: Session) -> None:
    with pytest.raises(IntegrityError, match="fk_observations_study"), session.begin_nested():
        observations.save(
            session, "v1", [Observation("promotion", "s", "fine", "", {}, "nobody", 1)], "ada"
        )
    analysis(session)
    observations.save(
        session, "v1", [Observation("promotion", "s", "fine", "", {}, "display", 1)], "ada"
    )
    assert observations.history(session, "promotion", "s")[0].study == "display"


def test_an_altered_observation_is_refused(engine: Engine) -> None:
    with transaction(engine) as session:
        observations.save(session, "v1", [seen()], "ada")
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE observations DISABLE TRIGGER insert_only"))
        connection.execute(text("UPDATE observations SET message = 'all is well'"))
    with transaction(engine) as session, pytest.raises(StorageError, match="was altered"):
        observations.history(session, "panel", "stores")
