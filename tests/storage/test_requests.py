"""Requests: the same one is one row, different ones are consecutive versions, also at once."""

import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage import audit, results
from storage.database import transaction
from tests.storage.answers import analysis


def test_the_same_request_twice_is_the_same_row(session: Session) -> None:
    asked = analysis(session)
    assert results.save(session, asked) == (asked.request_id, 1, True)
    assert results.save(session, asked) == (asked.request_id, 1, False)
    assert session.scalar(text("SELECT count(*) FROM results")) == 1


def test_what_is_found_again_has_an_entry_and_what_is_not_has_none(session: Session) -> None:
    asked = analysis(session)
    entries = text("SELECT who, subject, details ->> 'reason' FROM audit_log WHERE what = :what")
    assert results.find_again(session, asked.request_id, "bob", "to be sure") is None
    results.save(session, asked)
    assert not session.execute(entries, {"what": "answer_found"}).all()
    assert results.find_again(session, asked.request_id, "bob", "to be sure") == 1
    results.save(session, replace(asked, requested_by="cyd", reason="computed by two at once"))
    assert [tuple(row) for row in session.execute(entries, {"what": "answer_found"})] == [
        ("bob", "display@1", "to be sure"),
        ("cyd", "display@1", "computed by two at once"),
    ]
    assert audit.verify(session) == []


def test_whatever_an_answer_depends_on_changes_its_request() -> None:
    same: dict[str, Any] = {
        "plan_hash": "p",
        "snapshot_hash": "d",
        "code_version": "c",
        "environment_hash": "e",
        "seed": 1,
        "study": "s",
    }
    ids = {results.request_id(**same)}
    for key in same:
        ids.add(results.request_id(**(same | {key: 2 if key == "seed" else "x"})))
    assert len(ids) == len(same) + 1
    assert results.request_id(**same) in ids


@pytest.mark.parametrize("seeds", [(1, 1, 1, 1), (1, 2, 3, 4)])
def test_saves_at_the_same_time_get_one_row_or_consecutive_versions(
    engine: Engine, seeds: tuple[int, ...]
) -> None:
    with transaction(engine) as session:
        asked = analysis(session)
    requests = [
        replace(
            asked,
            request_id=results.request_id(
                asked.plan_hash, asked.snapshot_hash, f"code {seed}", "e", 1, "display"
            ),
        )
        for seed in seeds
    ]
    ready = threading.Barrier(len(requests))
    done: list[tuple[str, int, bool]] = []

    def save(request: results.Analysis) -> None:
        with transaction(engine) as session:
            session.execute(text("SELECT 1"))  # each has its connection before any begins
            ready.wait(timeout=20)
            done.append(results.save(session, request))

    threads = [threading.Thread(target=save, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    distinct = len(set(seeds))
    assert len(done) == len(seeds)
    assert sorted({version for _, version, _ in done}) == list(range(1, distinct + 1))
    assert sum(created for _, _, created in done) == distinct
    with transaction(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM results")) == distinct


def test_the_constraints_stand_behind_the_lock(session: Session) -> None:
    results.save(session, analysis(session))
    twin = text(
        "INSERT INTO results (request_id, study, version, plan_version, plan_hash, snapshot_hash,"
        " code_version, environment_hash, seed, requested_by, reason, validation_id, status,"
        " content_hash) SELECT :id, study, version + :step, plan_version, plan_hash,"
        " snapshot_hash, code_version, environment_hash, seed, requested_by, reason,"
        " validation_id, status, content_hash FROM results"
    )
    known = results.load(session, "display").result_id
    for values, constraint in (
        ({"id": "0" * 64, "step": 0}, "uq_results_study_version"),
        ({"id": known, "step": 1}, "uq_results_request_id"),
        ({"id": "no hash", "step": 1}, "ck_results_request_id"),
    ):
        with pytest.raises(IntegrityError, match=constraint), session.begin_nested():
            session.execute(twin, values)
