"""What a result was asked by: its plan, its versions, and what the checks of its data said.

Everything about a result but the answer, without reading its panel or its numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from storage import placing, promotions, studies, validations
from storage.version_records import PlanVersion, PromotionVersion
from storage.versions import numbered
from studies import Plan
from studies.placing import Placed


@dataclass(frozen=True)
class Asked:
    """The question of one result; fields as StoredResult has them."""

    study: str
    version: int
    result_id: str
    plan: Plan
    plan_version: int
    plan_hash: str
    snapshot_hash: str
    requested_by: str
    reason: str
    created_at: datetime
    placed: Placed | None
    validation: Mapping[str, Any]
    plan_versions: tuple[PlanVersion, ...]
    promotion_versions: tuple[PromotionVersion, ...]


def asked(session: Session, study: str, version: int) -> Asked:
    """The question of one result. Raises UnknownStudy, UnknownResult."""
    row = numbered(session, study, version)
    plan = studies.plan_of(session, study, row.plan_version)
    return Asked(
        study=study,
        version=row.version,
        result_id=row.request_id,
        plan=plan,
        plan_version=row.plan_version,
        plan_hash=row.plan_hash,
        snapshot_hash=row.snapshot_hash,
        requested_by=row.requested_by,
        reason=row.reason,
        created_at=row.saved_at,
        placed=placing.from_json(row.promotion),
        validation=validations.load(session, row.validation_id),
        plan_versions=studies.history(session, study),
        promotion_versions=promotion_versions(session, plan),
    )


def promotion_versions(session: Session, plan: Plan) -> tuple[PromotionVersion, ...]:
    """Versions in the calendar of the promotion that a plan names, oldest first."""
    if plan.promotion is None:
        return ()
    return tuple(promotions.history(session, plan.promotion.name))
