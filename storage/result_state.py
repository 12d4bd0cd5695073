"""What a result shows today, as one hash: by it whoever made a page of it knows whether that holds.

A result never changes. What stands beside it does, and only ever grows: decisions, sign-offs and
their outcomes, pins, later results, exams, versions of the plan and of the promotion.
"""

import hashlib
from dataclasses import dataclass

from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.orm import Session

from storage.calibration_tables import CalibrationTable
from storage.decision_tables import DecisionOutcomeRow, DecisionRow, SignOffRow
from storage.json_values import canonical
from storage.pin_tables import PinRow
from storage.promotion_tables import PromotionRow
from storage.tables import Result, Study
from storage.versions import numbered


@dataclass(frozen=True)
class ResultState:
    """later: the newest version of the study where it is later      digest: SHA-256 of all"""

    later: int | None
    digest: str


def state(session: Session, study: str, version: int) -> ResultState:
    """The state of one result, without reading it. Raises UnknownStudy, UnknownResult."""
    row = numbered(session, study, version)
    named = select(Study.plan["promotion", "name"].as_string()).where(
        Study.study == study, Study.version == row.plan_version
    )
    about = DecisionRow.result_id == row.id
    signed = select(func.max(SignOffRow.id)).join(
        DecisionRow, DecisionRow.id == SignOffRow.decision_id
    )
    judged = select(func.max(DecisionOutcomeRow.id)).join(
        DecisionRow, DecisionRow.id == DecisionOutcomeRow.decision_id
    )
    beside: tuple[Select[tuple[int]], ...] = (
        select(func.max(Result.version)).where(Result.study == study),
        select(func.max(PinRow.id)).where(PinRow.study == study),
        select(func.max(Study.version)).where(Study.study == study),
        select(func.max(PromotionRow.version)).where(
            PromotionRow.promotion == named.scalar_subquery()
        ),
        select(func.max(CalibrationTable.id)).where(
            CalibrationTable.study == study, CalibrationTable.snapshot_hash == row.snapshot_hash
        ),
        select(func.max(DecisionRow.id)).where(about),
        signed.where(about),
        judged.where(about),
    )
    parts: list[ScalarSelect[int]] = [one.scalar_subquery() for one in beside]
    found = session.execute(select(*parts)).one()
    newest = int(found[0])
    text = canonical([row.request_id, row.content_hash, *found])
    digest = hashlib.sha256(text.encode()).hexdigest()
    return ResultState(newest if newest > version else None, digest)
