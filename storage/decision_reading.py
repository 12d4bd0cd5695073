"""Decisions read back: with who signed each off, what came of it, and whether it counts.

Whether a decision stands, and whether a later one took its place, is asked of the database for each
row, so that a page of a long list costs no more than its rows.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session, aliased

from storage.decision_records import Decision, DecisionOutcome, SignOff
from storage.decision_tables import DecisionOutcomeRow, DecisionRow, SignOffRow
from storage.errors import StorageError
from storage.json_values import canonical
from storage.tables import Result

WORDS = ("decision", "recommendation", "reason", "decided_by")


def read(
    session: Session,
    study: str | None = None,
    version: int | None = None,
    *,
    named: Collection[tuple[str, int]] | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> list[tuple[int, Decision]]:
    """Decisions with the numbers of their rows, newest first.

    named: about these results (study, version)      before, limit: as many, with lower numbers
    """
    other = aliased(DecisionRow)
    last = (  # of those about the same result, the last that stands
        select(func.max(other.id))
        .where(other.result_id == DecisionRow.result_id, func.liftledger_decision_stands(other.id))
        .scalar_subquery()
    )
    query = (
        select(DecisionRow, Result, func.liftledger_decision_stands(DecisionRow.id), last)
        .join(Result, Result.id == DecisionRow.result_id)
        .order_by(DecisionRow.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(DecisionRow.id < before)
    if study is not None:
        query = query.where(Result.study == study)
    if version is not None:
        query = query.where(Result.version == version)
    if named is not None:
        query = query.where(tuple_(Result.study, Result.version).in_(named))
    rows = session.execute(query).all()
    numbers = [row.id for row, *_ in rows]
    signed, judged = _sign_offs(session, numbers), _outcomes(session, numbers)
    found = []
    for row, result, stands, newest in rows:
        words = {name: getattr(row, name) for name in WORDS}
        if digest(words, result.content_hash) != row.content_hash:
            raise StorageError(
                f"the decision about {result.study}@{result.version} is not what was saved: its "
                "content has another hash than the one on record; the audit log shows what was"
            )
        decision = Decision(
            study=result.study,
            version=result.version,
            decision=row.decision,
            recommendation=row.recommendation,
            reason=row.reason,
            by=row.decided_by,
            at=row.decided_at,
            content_hash=row.content_hash,
            stands=stands,
            superseded=(newest or row.id) > row.id,
            sign_offs=tuple(signed.get(row.id, ())),
            outcomes=tuple(judged.get(row.id, ())),
        )
        found.append((row.id, decision))
    return found


def _sign_offs(session: Session, numbers: Sequence[int]) -> dict[int, list[SignOff]]:
    found: dict[int, list[SignOff]] = {}
    query = select(SignOffRow).where(SignOffRow.decision_id.in_(numbers)).order_by(SignOffRow.id)
    for row in session.scalars(query):
        one = SignOff(row.signed_by, row.reason, row.signed_at)
        found.setdefault(row.decision_id, []).append(one)
    return found


def _outcomes(session: Session, numbers: Sequence[int]) -> dict[int, list[DecisionOutcome]]:
    found: dict[int, list[DecisionOutcome]] = {}
    query = (
        select(DecisionOutcomeRow, Result.study, Result.version)
        .outerjoin(Result, Result.id == DecisionOutcomeRow.evidence_id)
        .where(DecisionOutcomeRow.decision_id.in_(numbers))
        .order_by(DecisionOutcomeRow.id)
    )
    for row, study, version in session.execute(query):
        evidence = None if row.evidence_id is None else f"{study}@{version}"
        one = DecisionOutcome(row.outcome, evidence, row.reason, row.judged_by, row.judged_at)
        found.setdefault(row.decision_id, []).append(one)
    return found


def digest(words: Mapping[str, object], about: str) -> str:
    """SHA-256 of the words and of the hash of what they are about."""
    return hashlib.sha256(canonical({**words, "about": about}).encode()).hexdigest()
