"""Studies and their answers as lists, a page at a time: the same time whatever the ledger holds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from storage import alerts, decisions, pins
from storage.records import Pin, ResultSummary
from storage.summaries import summaries
from storage.tables import Result, Study


@dataclass(frozen=True)
class StudyState:
    """One study: its plan, its newest answer, and what waits for somebody.

    newest: None before the first result      pin: None where no version is the official one
    """

    study: str
    question: str
    plan_version: int
    registered_at: datetime
    newest: ResultSummary | None
    pin: Pin | None
    open_alerts: int


@dataclass(frozen=True)
class VersionState:
    """One result of a study. changed: of plan, data, code, environment and seed, what is not that
    of the version before; empty for the first
    """

    summary: ResultSummary
    plan_version: int
    requested_by: str
    reason: str
    changed: tuple[str, ...]


def study_page(session: Session, *, after: str = "", limit: int = 50) -> list[StudyState]:
    """Studies by name, those whose names come after this one."""
    plans = session.execute(
        select(Study.study, Study.version, Study.plan, Study.registered_at)
        .distinct(Study.study)
        .where(Study.study > after)
        .order_by(Study.study, Study.version.desc())
        .limit(limit)
    ).all()
    names = [row.study for row in plans]
    newest, pinned = _newest(session, names), pins.currents(session, names)
    waiting = alerts.open_counts(session, names)
    return [
        StudyState(
            study=row.study,
            question=str(row.plan.get("question", "")),
            plan_version=row.version,
            registered_at=row.registered_at,
            newest=newest.get(row.study),
            pin=pinned.get(row.study),
            open_alerts=waiting.get(row.study, 0),
        )
        for row in plans
    ]


def version_page(
    session: Session, study: str, *, before: int | None = None, limit: int = 50
) -> list[VersionState]:
    """Results of a study, newest first, those with lower numbers than this one."""
    query = select(Result).where(Result.study == study).order_by(Result.version.desc())
    if before is not None:
        query = query.where(Result.version < before)
    rows = session.scalars(query.limit(limit + 1)).all()  # one more, to compare the last with
    shown = rows[:limit]
    found = {
        one.version: one for one in _summarised(session, [(study, row.version) for row in shown])
    }
    pin = pins.current(session, study)
    return [
        VersionState(
            summary=replace(found[row.version], pin=pin),
            plan_version=row.plan_version,
            requested_by=row.requested_by,
            reason=row.reason,
            changed=_changed(rows[place + 1], row) if place + 1 < len(rows) else (),
        )
        for place, row in enumerate(shown)
    ]


def _newest(session: Session, names: Sequence[str]) -> dict[str, ResultSummary]:
    last = session.execute(
        select(Result.study, func.max(Result.version))
        .where(Result.study.in_(names))
        .group_by(Result.study)
    )
    return {one.study: one for one in _summarised(session, [(row[0], row[1]) for row in last])}


def _summarised(session: Session, named: Sequence[tuple[str, int]]) -> list[ResultSummary]:
    decided = decisions.about(session, named)
    query = summaries().where(tuple_(Result.study, Result.version).in_(named))
    lines = [ResultSummary(*row) for row in session.execute(query)]
    return [replace(one, decisions=decided.get((one.study, one.version), ())) for one in lines]


def _changed(before: Result, after: Result) -> tuple[str, ...]:
    parts = {
        "plan": "plan_hash",
        "data": "snapshot_hash",
        "code": "code_version",
        "environment": "environment_hash",
        "seed": "seed",
    }
    return tuple(
        word for word, name in parts.items() if getattr(before, name) != getattr(after, name)
    )
