"""Races and choices: kept as they end, read back as they were, and in an order nobody can turn."""

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from estimators.core.panel import Panel
from storage import audit, choices, races, results, studies, summaries
from storage.database import transaction
from storage.errors import StorageError
from storage.json_values import canonical
from storage.results import Analysis, request_id
from studies import parse_plan
from tests.storage.answers import STUDY, analysis
from tests.storage.races import STANDINGS, chosen, race, request


def by_rule(session: Session) -> Analysis:
    """An answer to a plan that leaves its primary to a rule."""
    answer = analysis(session)
    plan = parse_plan(
        STUDY.format(study="display", seed=1, exclude="[]").replace(
            "primary: did\n", "primary: {rule: lowest_rmse, fallback: sc}\n"
        )
    )
    done = studies.register(session, plan, "ada", "a rule")
    request = request_id(done.plan_hash, answer.snapshot_hash, "0.1+c", "e", 1, "display")
    return replace(answer, request_id=request, plan_version=done.version, plan_hash=done.plan_hash)


def test_a_race_is_read_back_to_the_bit_and_the_same_request_is_the_same_rows(
    session: Session,
) -> None:
    answer = analysis(session)
    asked = race(session, answer.snapshot_hash)
    assert not races.save(session, asked, {"own": STANDINGS["own"]})
    found = races.find(session, asked.request_id)
    assert found is not None
    assert found.standings == STANDINGS
    assert (found.panel, found.settings, found.seed) == ("display", {"replications": 40}, 1)
    assert list(found.standings) == ["own", "back_test"]
    assert session.scalar(text("SELECT count(*) FROM race_standings")) == 3


def test_a_request_is_what_a_race_depends_on_and_nothing_else() -> None:
    one = request()
    same = request(panel="other name", requested_by="eve", snapshot="6" * 64)
    assert same.request_id == one.request_id
    changes: list[dict[str, Any]] = [
        {"seed": 2}, {"settings": {}}, {"data_hash": "e" * 64}, {"code_version": "2"},
        {"environment_hash": "f"},
    ]  # fmt: skip
    ids = {request(**change).request_id for change in changes}
    assert len(ids | {one.request_id}) == len(changes) + 1


def test_what_is_looked_at_has_one_hash_whatever_the_treated_outcomes() -> None:
    outcome = np.arange(12.0).reshape(3, 4)
    treatment = np.zeros((3, 4), dtype=bool)
    treatment[0, 2:] = True

    def hashed(outcome: object, treatment: object) -> str:
        return races.data_hash(Panel(outcome, treatment, "abc", (1, 2, 3, 4)))  # type: ignore[arg-type]

    one = hashed(outcome, treatment)
    assert hashed(np.where(treatment, 1e6, outcome), treatment) == one
    assert hashed(np.where(treatment, np.nan, outcome), treatment) != one  # not observed
    assert hashed(outcome + 1, treatment) != one
    assert hashed(outcome, np.roll(treatment, 1, axis=0)) != one


def test_a_batch_is_kept_once_and_found_by_all_it_depends_on(session: Session) -> None:
    whole = {"error": [[0.1 + 0.2, float("nan")], [1e-300, float("inf")]]}
    races.keep_batch(session, "a" * 64, 10, 2, whole)
    races.keep_batch(session, "a" * 64, 10, 2, {"error": "another"})
    assert races.batch(session, "a" * 64, 10, 2) == {"error": [[0.1 + 0.2, None],
                                                               [1e-300, "Infinity"]]}  # fmt: skip
    for other in (("b" * 64, 10, 2), ("a" * 64, 0, 2), ("a" * 64, 10, 3)):
        assert races.batch(session, *other) is None


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("race_standings", "answered = answered + 1"),
        ("race_batches", "content = '{\"error\":[0]}'"),
        ("choices", "estimator = 'mc'"),
        ("choices", "weights = '{\"did\": 0.5}'"),
    ],
)
def test_what_was_altered_from_outside_is_not_read(engine: Engine, table: str, change: str) -> None:
    with transaction(engine) as session:
        answer = by_rule(session)
        asked = race(session, answer.snapshot_hash)
        choices.save(session, chosen(answer, asked))
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER insert_only"))
        connection.execute(text(f"UPDATE {table} SET {change}"))

    def read(session: Session) -> object:
        if table == "race_batches":
            return races.batch(session, asked.part({"design": "own"}), 0, 10)
        return choices.find(session, answer.request_id)

    with transaction(engine) as session, pytest.raises(StorageError, match="not what was saved"):
        read(session)


def test_a_result_says_what_was_chosen_on_which_evidence_and_when(session: Session) -> None:
    answer = by_rule(session)
    asked = race(session, answer.snapshot_hash)
    made = choices.save(session, chosen(answer, asked))
    assert choices.save(session, replace(chosen(answer, asked), estimator="mc")) == made
    assert made.answered is None
    results.save(session, answer)
    found = results.load(session, "display")
    assert found.primary == "did"
    choice = found.choice
    assert choice is not None
    assert (choice.how, choice.reason, choice.tied_with) == ("rule", "it errs least", ("mc",))
    assert choice.race is not None
    assert choice.race.standings == STANDINGS
    assert [line.primary for line in summaries.history(session)] == ["did"]


def test_the_weights_of_an_ensemble_are_kept_and_are_part_of_the_choice(session: Session) -> None:
    answer = by_rule(session)
    asked = race(session, answer.snapshot_hash)
    weights = {"did": 1 / 3, "sc": 2 / 3}
    made = choices.save(
        session, replace(chosen(answer, asked), estimator="ensemble", weights=weights)
    )
    assert made.weights == weights
    kept = session.execute(
        text("SELECT details -> 'weights' FROM audit_log WHERE what = 'primary_chosen'")
    ).scalar_one()
    assert kept == weights


def test_a_choice_of_one_estimator_has_the_hash_it_had_before_there_were_weights(
    session: Session,
) -> None:
    answer = by_rule(session)
    made = choices.save(session, chosen(answer, None))
    assert made.weights is None
    words: dict[str, Any] = {
        "request_id": answer.request_id, "rule": made.rule, "estimator": made.estimator,
        "how": made.how, "reason": made.reason, "tied_with": [], "race": None,
    }  # fmt: skip
    assert made.content_hash == hashlib.sha256(canonical(words).encode()).hexdigest()


def test_the_log_proves_that_the_choice_came_first(session: Session) -> None:
    answer = by_rule(session)
    choices.save(session, chosen(answer, None))
    results.save(session, answer)
    found = results.load(session, "display").choice
    assert found is not None
    assert found.answered is not None
    assert found.chosen.number < found.answered.number
    assert found.chosen.at < found.answered.at
    entries = session.execute(
        text("SELECT what, details ->> 'choice', details ->> 'content_hash' FROM audit_log "
             "WHERE what IN ('primary_chosen', 'result_saved') ORDER BY id")
    ).all()  # fmt: skip
    assert [entry[0] for entry in entries] == ["primary_chosen", "result_saved"]
    assert entries[1][1] == entries[0][2] == found.content_hash
    assert audit.verify(session) == []


def test_the_database_refuses_a_choice_after_its_result(session: Session) -> None:
    answer = analysis(session)
    results.save(session, answer)
    with pytest.raises(IntegrityError, match="comes too late"), session.begin_nested():
        choices.save(session, chosen(answer, None))


def test_the_database_refuses_a_result_before_the_choice_its_plan_asks_for(
    session: Session,
) -> None:
    answer = by_rule(session)
    with pytest.raises(IntegrityError, match="a choice comes before"), session.begin_nested():
        results.save(session, answer)
    choices.save(session, chosen(answer, None))
    assert results.save(session, answer)[2]


def test_a_choice_on_a_race_that_is_not_there_is_refused(session: Session) -> None:
    answer = by_rule(session)
    with pytest.raises(StorageError, match="is not in the ledger"):
        choices.save(session, chosen(answer, request()))
