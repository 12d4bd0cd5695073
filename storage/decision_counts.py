"""How often decisions were right, counted by the database."""

from collections.abc import Mapping

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from storage.decision_tables import DecisionOutcomeRow, DecisionRow

AS_RECOMMENDED, AGAINST, WITHOUT = "as_recommended", "against", "without_recommendation"
OPEN = "open"  # nothing is known yet of what came of it


def counts(session: Session) -> Mapping[tuple[str, str], int]:
    """Decisions that count, by how they stand to the recommendation and by their last outcome.

    Of those about one result the last that stands counts.
    """
    # as recommended, or without a recommendation, a decision always stands: asked first, for speed
    stands = or_(
        DecisionRow.decision == func.coalesce(DecisionRow.recommendation, DecisionRow.decision),
        func.liftledger_decision_stands(DecisionRow.id),
    )
    last = select(func.max(DecisionRow.id)).where(stands)
    how = case(
        (DecisionRow.recommendation.is_(None), WITHOUT),
        (DecisionRow.recommendation == DecisionRow.decision, AS_RECOMMENDED),
        else_=AGAINST,
    )
    judged = select(func.max(DecisionOutcomeRow.id)).group_by(DecisionOutcomeRow.decision_id)
    came = func.coalesce(DecisionOutcomeRow.outcome, OPEN)
    each = (
        select(how.label("how"), came.label("outcome"))
        .outerjoin(
            DecisionOutcomeRow,
            and_(
                DecisionOutcomeRow.decision_id == DecisionRow.id,
                DecisionOutcomeRow.id.in_(judged),
            ),
        )
        .where(DecisionRow.id.in_(last.group_by(DecisionRow.result_id)))
    )
    found = each.subquery()
    query = select(found.c.how, found.c.outcome, func.count()).group_by(
        found.c.how, found.c.outcome
    )
    return {(name, came): count for name, came, count in session.execute(query)}
