"""Decisions about results: made by people, signed off by others, and later judged by what came.

Who may do what is the database's own rule (migration 0010), so it holds whoever writes. A decision
against the recommendation stands only when a second person has signed it off; of several about one
result, the last that stands is the one. Each row carries a hash over its words and over what it is
about, and so does its entry in the audit log.
"""

from collections.abc import Collection

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from storage import audit, studies
from storage.database import lock
from storage.decision_reading import digest, read
from storage.decision_records import Decision
from storage.decision_tables import DecisionOutcomeRow, DecisionRow, SignOffRow
from storage.errors import StorageError
from storage.versions import numbered


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
    row = {**words, "content_hash": digest(words, result.content_hash)}
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
    row = {**words, "content_hash": digest(words, decided.content_hash)}
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
    found = [one for one in read(session, study, version) if one[1].stands]
    if not found:
        _last(session, study, version)
        raise StorageError(
            f"the decision about {study}@{version} goes against the recommendation and nobody "
            f"signed it off, so it has no outcome; `liftledger sign {study}@{version}` signs it"
        )
    number, decided = found[0]
    shown_by = numbered(session, *evidence) if evidence else None
    words: dict[str, object] = {
        "outcome": outcome,
        "evidence": shown_by.request_id if shown_by else None,
        "reason": reason,
        "judged_by": by,
    }
    row = {**words, "content_hash": digest(words, decided.content_hash)}
    kept = {name: value for name, value in row.items() if name != "evidence"}
    links = {"decision_id": number, "evidence_id": shown_by.id if shown_by else None}
    statement = insert(DecisionOutcomeRow).values(links | kept).returning(DecisionOutcomeRow.id)
    key = ("decision_outcomes", session.connection().execute(statement).scalar_one())
    about = {"decision": decided.decision, "decision_hash": decided.content_hash}
    audit.record(session, "decision_judged", f"{study}@{version}", row | about, by, row=key)
    return next(one for _, one in read(session, study, version) if one.stands)


def of_result(session: Session, study: str, version: int) -> tuple[Decision, ...]:
    """All decisions about one result, in the order they were made."""
    return tuple(one for _, one in reversed(read(session, study, version)))


def about(
    session: Session, named: Collection[tuple[str, int]]
) -> dict[tuple[str, int], tuple[Decision, ...]]:
    """Decisions about these results (study, version), in the order they were made."""
    found: dict[tuple[str, int], tuple[Decision, ...]] = {}
    for _, one in reversed(read(session, named=named)):
        key = (one.study, one.version)
        found[key] = (*found.get(key, ()), one)
    return found


def listed(session: Session, study: str | None = None) -> list[Decision]:
    """All decisions, or those about one study's results, newest first. Raises UnknownStudy."""
    if study is not None and study not in studies.known(session):
        raise studies.unknown(session, study)
    return [one for _, one in read(session, study)]


def page(
    session: Session, *, before: int | None = None, limit: int = 50
) -> list[tuple[int, Decision]]:
    """Decisions with their numbers, newest first: as many, with lower numbers than this one."""
    return read(session, before=before, limit=limit)


def recommended(session: Session, study: str, version: int) -> str | None:
    """What the ledger recommends about a result, by the plan's rule; None: nothing.

    Raises UnknownStudy, UnknownResult.
    """
    number = numbered(session, study, version).id
    found: str | None = session.scalar(select(func.liftledger_recommendation(number)))
    return found


def _newest(session: Session, study: str, version: int) -> Decision:
    return _last(session, study, version)[1]


def _last(session: Session, study: str, version: int) -> tuple[int, Decision]:
    """The decision made last, with the number of its row, whether it stands or not."""
    numbered(session, study, version)
    found = read(session, study, version)
    if not found:
        raise StorageError(
            f"nothing was decided about {study}@{version} yet; "
            f"`liftledger decide {study}@{version} DECISION` decides"
        )
    return found[0]
