"""How often decisions were right, counted by the database."""

from collections.abc import Mapping

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from storage.decision_tables import DecisionOutcomeRow, DecisionRow
from storage.tables import Result

AS_RECOMMENDED, AGAINST, WITHOUT = "as_recommended", "against", "without_recommendation"
OPEN = "open"  # nothing is known yet of what came of it


def counts(session: Session, study: str | None = None) -> Mapping[tuple[str, str], int]:
    """Decisions that count, by how they stand to the recommendation and by their last outcome.

    Of those about one result the last that stands counts. study: only about results of this one
    """
    last = select(func.max(DecisionRow.id)).where(func.liftledger_decision_stands(DecisionRow.id))
    how = case(
        (DecisionRow.recommendation.is_(None), WITHOUT),
        (DecisionRow.recommendation == DecisionRow.decision, AS_RECOMMENDED),
        else_=AGAINST,
    )
    outcome = (
        select(DecisionOutcomeRow.outcome)
        .where(DecisionOutcomeRow.decision_id == DecisionRow.id)
        .order_by(DecisionOutcomeRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    each = select(how.label("how"), func.coalesce(outcome, OPEN).label("outcome")).where(
        DecisionRow.id.in_(last.group_by(DecisionRow.result_id))
    )
    if study is not None:
        each = each.join(Result, Result.id == DecisionRow.result_id).where(Result.study == study)
    found = each.subquery()
    query = select(found.c.how, found.c.outcome, func.count()).group_by(
        found.c.how, found.c.outcome
    )
    return {(name, came): count for name, came, count in session.execute(query)}
