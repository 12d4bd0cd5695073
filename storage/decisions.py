"""Decisions about results: made by people, signed off by others, and later judged by what came.

Who may do what is the database's own rule (migration 0010), so it holds whoever writes. A decision
against the recommendation stands only when a second person has signed it off; of several about one
result, the last that stands is the one. Each row carries a hash over its words and over what it is
about, and so does its entry in the audit log.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, insert, select, tuple_
from sqlalchemy.orm import Session

from storage import audit, studies
from storage.database import lock
from storage.decision_records import Decision, DecisionOutcome, SignOff
from storage.decision_tables import DecisionOutcomeRow, DecisionRow, SignOffRow
from storage.errors import StorageError
from storage.json_values import canonical
from storage.tables import Result
from storage.versions import numbered

WORDS = ("decision", "recommendation", "reason", "decided_by")


def decide(
    session: Session, study: str, version: int, decision: str, *, by: str, reason: str
) -> Decision:
    """Put a decision on record, beside what the ledger recommends.

    Raises UnknownStudy, UnknownResult.
    """
    lock(session, f"decisions:{study}")
    result = numbered(session, study, version)
    recommended = session.scalar(select(func.liftledger_recommendation(result.id)))
    words = {
        "decision": decision,
        "recommendation": recommended,
        "reason": reason,
        "decided_by": by,
    }
    row = {**words, "content_hash": _digest(words, result.content_hash)}
    statement = insert(DecisionRow).values(result_id=result.id, **row).returning(DecisionRow.id)
    key = ("decisions", session.connection().execute(statement).scalar_one())
    about = {"request_id": result.request_id}
    audit.record(session, "decision_made", f"{study}@{version}", row | about, by, row=key)
    return _newest(session, study, version)


def sign_off(session: Session, study: str, version: int, *, by: str, reason: str) -> Decision:
    """Put a second person's name under the last decision about a result.

    The database refuses who asked for the analysis, and who decided. Raises StorageError when
    nothing was decided yet.
    """
    lock(session, f"decisions:{study}")
    number, decided = _last(session, study, version)
    words = {"reason": reason, "signed_by": by}
    row = {**words, "content_hash": _digest(words, decided.content_hash)}
    statement = insert(SignOffRow).values(decision_id=number, **row).returning(SignOffRow.id)
    key = ("sign_offs", session.connection().execute(statement).scalar_one())
    about = {"decision": decided.decision, "decision_hash": decided.content_hash}
    audit.record(session, "decision_signed_off", f"{study}@{version}", row | about, by, row=key)
    return _newest(session, study, version)


def judge(
    session: Session,
    study: str,
    version: int,
    outcome: str,
    *,
    by: str,
    reason: str,
    evidence: tuple[str, int] | None = None,
) -> Decision:
    """Say what came of the last decision that stands. evidence: study and version that show it.

    Raises StorageError when no decision stands.
    """
    lock(session, f"decisions:{study}")
    found = [one for one in _decisions(session, study, version) if one[1].stands]
    if not found:
        _last(session, study, version)
        raise StorageError(
            f"the decision about {study}@{version} goes against the recommendation and nobody "
            f"signed it off, so it has no outcome; `liftledger sign {study}@{version}` signs it"
        )
    number, decided = found[-1]
    shown_by = numbered(session, *evidence) if evidence else None
    words: dict[str, object] = {
        "outcome": outcome,
        "evidence": shown_by.request_id if shown_by else None,
        "reason": reason,
        "judged_by": by,
    }
    row = {**words, "content_hash": _digest(words, decided.content_hash)}
    kept = {name: value for name, value in row.items() if name != "evidence"}
    links = {"decision_id": number, "evidence_id": shown_by.id if shown_by else None}
    statement = insert(DecisionOutcomeRow).values(links | kept).returning(DecisionOutcomeRow.id)
    key = ("decision_outcomes", session.connection().execute(statement).scalar_one())
    about = {"decision": decided.decision, "decision_hash": decided.content_hash}
    audit.record(session, "decision_judged", f"{study}@{version}", row | about, by, row=key)
    return next(one for _, one in reversed(_decisions(session, study, version)) if one.stands)


def of_result(session: Session, study: str, version: int) -> tuple[Decision, ...]:
    """All decisions about one result, in the order they were made."""
    return tuple(one for _, one in _decisions(session, study, version))


def about(
    session: Session, named: Collection[tuple[str, int]]
) -> dict[tuple[str, int], tuple[Decision, ...]]:
    """Decisions about these results (study, version), in the order they were made."""
    found: dict[tuple[str, int], tuple[Decision, ...]] = {}
    for _, one in _decisions(session, named=named):
        key = (one.study, one.version)
        found[key] = (*found.get(key, ()), one)
    return found


def listed(session: Session, study: str | None = None) -> list[Decision]:
    """All decisions, or those about one study's results, newest first. Raises UnknownStudy."""
    if study is not None and study not in studies.known(session):
        raise studies.unknown(session, study)
    return [one for _, one in reversed(_decisions(session, study))]


def _newest(session: Session, study: str, version: int) -> Decision:
    return _last(session, study, version)[1]


def _last(session: Session, study: str, version: int) -> tuple[int, Decision]:
    """The decision made last, with the number of its row, whether it stands or not."""
    numbered(session, study, version)
    found = _decisions(session, study, version)
    if not found:
        raise StorageError(
            f"nothing was decided about {study}@{version} yet; "
            f"`liftledger decide {study}@{version} DECISION` decides"
        )
    return found[-1]


def _decisions(
    session: Session,
    study: str | None = None,
    version: int | None = None,
    named: Collection[tuple[str, int]] | None = None,
) -> list[tuple[int, Decision]]:
    """Decisions with the numbers of their rows, in the order they were made."""
    query = (
        select(DecisionRow, Result, func.liftledger_decision_stands(DecisionRow.id))
        .join(Result, Result.id == DecisionRow.result_id)
        .order_by(DecisionRow.id)
    )
    if study is not None:
        query = query.where(Result.study == study)
    if version is not None:
        query = query.where(Result.version == version)
    if named is not None:
        query = query.where(tuple_(Result.study, Result.version).in_(named))
    rows = session.execute(query).all()
    numbers = [row.id for row, *_ in rows]
    signed, judged = _sign_offs(session, numbers), _outcomes(session, numbers)
    last = {result.id: row.id for row, result, stands in rows if stands}
    found = []
    for row, result, stands in rows:
        words = {name: getattr(row, name) for name in WORDS}
        if _digest(words, result.content_hash) != row.content_hash:
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
            superseded=last.get(result.id, row.id) > row.id,
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


def _digest(words: Mapping[str, object], about: str) -> str:
    """SHA-256 of the words and of the hash of what they are about."""
    return hashlib.sha256(canonical({**words, "about": about}).encode()).hexdigest()
