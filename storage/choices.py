"""The primary estimator that a plan's rule chose: written before the result it is for.

The order is held three times. The database refuses a choice whose result is there, and a result
whose choice is not (migration 0009). A choice is committed with its entry in the audit log, whose
chain no later entry can slip in front of. And the entry of the result, and the hash over its
content, carry the hash of the choice.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from storage import audit, races
from storage.database import lock
from storage.errors import StorageError
from storage.json_values import canonical, plain
from storage.race_records import StoredChoice
from storage.race_tables import ChoiceRow, RaceTable
from storage.tables import Result

CHOSEN, SAVED = "primary_chosen", "result_saved"
WORDS = ("request_id", "rule", "estimator", "how", "reason", "tied_with", "weights")


@dataclass(frozen=True)
class Choice:
    """A choice about to be written.

    request_id: of the result it is for      rule: as the plan has it, JSON-able
    race: request id of the evidence; None for a fall-back
    weights: of the estimators in an ensemble; None for one estimator
    """

    request_id: str
    study: str
    plan_version: int
    plan_hash: str
    rule: Mapping[str, Any]
    estimator: str
    how: Literal["rule", "tie", "fallback"]
    reason: str
    tied_with: Sequence[str]
    race: str | None
    requested_by: str
    weights: Mapping[str, float] | None = None


def save(session: Session, choice: Choice) -> StoredChoice:
    """Write a choice, or find it written; the one that is on record.

    Raises StorageError when its race is not in the ledger, and what the database refuses.
    """
    lock(session, f"choice:{choice.request_id}")
    known = find(session, choice.request_id)
    if known is not None:
        return known
    race = None
    if choice.race is not None:
        race = session.scalars(
            select(RaceTable).where(RaceTable.request_id == choice.race)
        ).one_or_none()
        if race is None:
            raise StorageError(f"race {choice.race[:12]} is not in the ledger; nothing was chosen")
    words = _words(choice)
    content = _digest(words, race.content_hash if race else None)
    row = {
        **words,
        "study": choice.study,
        "plan_version": choice.plan_version,
        "plan_hash": choice.plan_hash,
        "race_id": race.id if race else None,
        "requested_by": choice.requested_by,
        "content_hash": content,
    }
    statement = insert(ChoiceRow).values(row).returning(ChoiceRow.id)
    number = session.connection().execute(statement).scalar_one()
    details = {
        "request_id": choice.request_id,
        "estimator": choice.estimator,
        "how": choice.how,
        "reason": choice.reason,
        **({} if choice.weights is None else {"weights": plain(choice.weights)}),
        "race": choice.race,
        "content_hash": content,
    }
    by = choice.requested_by
    audit.record(session, CHOSEN, choice.study, details, by, row=("choices", number))
    found = find(session, choice.request_id)
    assert found is not None
    return found


def find(session: Session, request_id: str) -> StoredChoice | None:
    """The choice for the result of this request, if one was made.

    Raises StorageError when it, or what it rests on, was altered since, or is not in the log.
    """
    row = session.scalars(select(ChoiceRow).where(ChoiceRow.request_id == request_id)).first()
    if row is None:
        return None
    race = None if row.race_id is None else session.get(RaceTable, row.race_id)
    words = {name: getattr(row, name) for name in WORDS}
    if _digest(words, race.content_hash if race else None) != row.content_hash:
        raise StorageError(
            f"the choice of {row.study}'s primary is not what was saved: its content has another "
            "hash than the one on record; the audit log shows what was saved"
        )
    chosen = audit.entry(session, CHOSEN, "content_hash", row.content_hash)
    if chosen is None:
        raise StorageError(f"the choice of {row.study}'s primary is not in the audit log")
    known = session.scalar(select(Result.id).where(Result.request_id == request_id)) is not None
    return StoredChoice(
        request_id=row.request_id,
        rule=row.rule,
        estimator=row.estimator,
        how=row.how,
        reason=row.reason,
        tied_with=tuple(row.tied_with),
        weights=row.weights,
        race=None if race is None else races.read(session, race),
        requested_by=row.requested_by,
        content_hash=row.content_hash,
        chosen=chosen,
        answered=audit.entry(session, SAVED, "request_id", request_id) if known else None,
    )


def hash_of(session: Session, request_id: str) -> str | None:
    """Content hash of the choice for the result of this request; None where there is none."""
    query = select(ChoiceRow.content_hash).where(ChoiceRow.request_id == request_id)
    found: str | None = session.scalar(query)
    return found


def _words(choice: Choice) -> dict[str, Any]:
    return {name: plain(getattr(choice, name)) for name in WORDS}


def _digest(words: Mapping[str, Any], race: str | None) -> str:
    """SHA-256 of the choice and of the race it rests on.

    Choices of one estimator have no weights, and had no place for them: their hash is the same.
    """
    said = {name: value for name, value in words.items() if name != "weights" or value is not None}
    return hashlib.sha256(canonical({**said, "race": race}).encode()).hexdigest()
