"""Answers in one line each: what a study said, version by version, newest first."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from storage import decisions, pins, studies
from storage.answer_tables import EstimateRow, VarianceRow
from storage.decision_records import Decision
from storage.race_tables import ChoiceRow
from storage.records import ResultSummary
from storage.tables import Result, Study
from storage.versions import newest


def history(session: Session, study: str | None = None) -> list[ResultSummary]:
    """All answers, or those of one study, newest first. Raises UnknownStudy.

    reason: why the primary estimate, or its primary variance, was refused
    """
    query = summaries()
    if study is not None:
        if study not in studies.known(session):
            raise studies.unknown(session, study)
        query = query.where(Result.study == study)
    decided: dict[tuple[str, int], list[Decision]] = {}
    for one in reversed(decisions.listed(session, study)):
        decided.setdefault((one.study, one.version), []).append(one)
    lines = [ResultSummary(*row) for row in session.execute(query)]
    pinned = pins.currents(session, None if study is None else [study])
    return [
        replace(
            line,
            decisions=tuple(decided.get((line.study, line.version), ())),
            pin=pinned.get(line.study),
        )
        for line in lines
    ]


def summaries() -> Select[Any]:
    """The query of ResultSummary's first fields, newest first."""
    primary = func.coalesce(ChoiceRow.estimator, Study.plan["primary"].as_string())
    kind = Study.plan["inference", "primary"].as_string()
    return (
        select(
            Result.study,
            Result.version,
            Result.request_id,
            Result.saved_at,
            primary,
            EstimateRow.att,
            VarianceRow.ci_low,
            VarianceRow.ci_high,
            func.coalesce(EstimateRow.reason, VarianceRow.reason),
        )
        .join(Study, and_(Study.study == Result.study, Study.version == Result.plan_version))
        .outerjoin(ChoiceRow, ChoiceRow.request_id == Result.request_id)
        .outerjoin(
            EstimateRow,
            and_(EstimateRow.result_id == Result.id, EstimateRow.estimator == primary),
        )
        .outerjoin(
            VarianceRow,
            and_(VarianceRow.estimate_id == EstimateRow.id, VarianceRow.kind == kind),
        )
        .order_by(Result.saved_at.desc(), Result.id.desc())
    )


def later(session: Session, study: str, version: int) -> ResultSummary | None:
    """The newest version of the study where it is later than this one."""
    if newest(session, study) == version:
        return None
    query = summaries().where(Result.study == study).limit(1)
    return ResultSummary(*session.execute(query).one())
