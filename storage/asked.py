"""What a result was asked by, read without its panel and its numbers."""

from sqlalchemy.orm import Session

from storage import placing, promotions, studies, validations
from storage.records import Asked
from storage.tables import Result
from storage.versions import numbered


def asked(session: Session, study: str, version: int) -> Asked:
    """The question of one result. Raises UnknownStudy, UnknownResult."""
    return asked_by(session, numbered(session, study, version))


def asked_by(session: Session, row: Result) -> Asked:
    """The question that a row of results answers."""
    plan = studies.plan_of(session, row.study, row.plan_version)
    calendar = () if plan.promotion is None else promotions.history(session, plan.promotion.name)
    return Asked(
        result_id=row.request_id,
        study=row.study,
        version=row.version,
        plan=plan,
        plan_version=row.plan_version,
        plan_hash=row.plan_hash,
        snapshot_hash=row.snapshot_hash,
        requested_by=row.requested_by,
        reason=row.reason,
        created_at=row.saved_at,
        validation=validations.load(session, row.validation_id),
        placed=placing.from_json(row.promotion),
        plan_versions=studies.history(session, row.study),
        promotion_versions=tuple(calendar),
    )
