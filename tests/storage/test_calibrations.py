"""Exams: the same request is the same rows, and they are read back as they were."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from storage import calibrations, results
from storage.calibrations import OwnPanel
from storage.database import transaction
from storage.errors import StorageError
from tests.storage.answers import analysis
from tests.storage.calibrations import SCORES, request


@pytest.fixture
def own(session: Session) -> OwnPanel:
    """A study with its data in the ledger."""
    made = analysis(session)
    results.save(session, made)
    return OwnPanel(made.study, made.plan_version, made.plan_hash, made.snapshot_hash)


def test_an_exam_is_read_back_to_the_bit(session: Session) -> None:
    asked = request()
    assert calibrations.find(session, asked.request_id) is None
    assert calibrations.save(session, asked, SCORES)
    found = calibrations.find(session, asked.request_id)
    assert found is not None
    assert found.scores == SCORES
    assert found.settings == asked.settings
    assert (found.seed, found.requested_by, found.study) == (1, "ada", None)


def test_the_same_request_is_the_same_rows_and_any_other_is_not(session: Session) -> None:
    assert calibrations.save(session, request(), SCORES)
    assert not calibrations.save(session, request(), SCORES[:1])
    assert session.scalar(text("SELECT count(*) FROM calibration_scores")) == len(SCORES)
    ids = {one.request_id for one in (request(), request(seed=2), request(level=0.9),
                                      request(own=OwnPanel("s", 1, "h", "d")))}  # fmt: skip
    assert len(ids) == 4


def test_the_newest_exam_on_a_studys_own_panel_is_found_by_its_snapshot(
    session: Session, own: OwnPanel
) -> None:
    assert calibrations.newest(session, own.study, own.snapshot_hash) is None
    calibrations.save(session, request(), SCORES)
    calibrations.save(session, request(own=own), SCORES[:1])
    calibrations.save(session, request(own=own, positions=7), SCORES)
    found = calibrations.newest(session, own.study, own.snapshot_hash)
    assert found is not None
    assert (found.settings["positions"], found.scores) == (7, SCORES)
    assert calibrations.newest(session, own.study, "0" * 64) is None
    entry = "SELECT subject FROM audit_log WHERE what = 'calibration_saved' ORDER BY id DESC"
    assert session.scalar(text(entry)) == own.study


def test_an_exam_that_was_altered_from_outside_is_not_read(engine: Engine) -> None:
    with transaction(engine) as session:
        calibrations.save(session, request(), SCORES)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE calibration_scores DISABLE TRIGGER insert_only"))
        connection.execute(text("UPDATE calibration_scores SET answered = answered + 1"))
    with transaction(engine) as session, pytest.raises(StorageError, match="not what was saved"):
        calibrations.find(session, request().request_id)
