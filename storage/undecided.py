"""Results about which nobody has decided yet."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.decision_records import Undecided
from storage.decision_tables import DecisionRow
from storage.tables import Result


def undecided(session: Session) -> list[Undecided]:
    """The newest result of each study, where no decision about it stands; oldest first."""
    newest = select(func.max(Result.id)).group_by(Result.study)
    made, standing = (
        select(DecisionRow.id).where(DecisionRow.result_id == Result.id, *also).exists()
        for also in ((), (func.liftledger_decision_stands(DecisionRow.id),))
    )
    rows = session.execute(
        select(
            Result.study,
            Result.version,
            Result.saved_at,
            Result.requested_by,
            func.liftledger_recommendation(Result.id),
            made,
        )
        .where(Result.id.in_(newest), ~standing)
        .order_by(Result.saved_at, Result.id)
    )
    return [Undecided(*row) for row in rows]
