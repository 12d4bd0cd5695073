"""Estimates and what hangs on them: rows of four tables, and back to values."""

from collections.abc import Sequence
from dataclasses import asdict, fields

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from estimators.core.panel import Panel
from storage import cells
from storage.answer_tables import EstimateRow, VarianceRow
from storage.records import StoredEstimate, StoredVariance


def write(session: Session, result: int, panel: Panel, estimates: Sequence[StoredEstimate]) -> None:
    """Write the estimates of a result, with variances, effects and weights.

    result: number of its row
    """
    numbered = []
    for position, estimate in enumerate(estimates):
        row = {
            "result_id": result,
            "position": position,
            "estimator": estimate.estimator,
            "status": estimate.status,
            "reason": estimate.reason,
            "att": estimate.att,
            "settings": estimate.settings,
            "tuning": estimate.tuning,
            "diagnostics": estimate.diagnostics,
            "by_period": list(estimate.by_period),
            "weight_groups": cells.groups(estimate),
            "control_fit": cells.control_fit(panel, estimate.counterfactual),
        }
        statement = insert(EstimateRow).values(row).returning(EstimateRow.id)
        numbered.append((session.connection().execute(statement).scalar_one(), estimate))
    variances = [
        {"estimate_id": number, "position": position, **asdict(variance)}
        for number, estimate in numbered
        for position, variance in enumerate(estimate.variances)
    ]
    if variances:
        session.connection().execute(insert(VarianceRow), variances)
    cells.write(session, panel, numbered)


def read(session: Session, result: int, panel: Panel) -> tuple[StoredEstimate, ...]:
    """The estimates of a result, in the order they were asked for."""
    rows = session.scalars(
        select(EstimateRow).where(EstimateRow.result_id == result).order_by(EstimateRow.position)
    ).all()
    weights = cells.read_weights(session, {row.id: row.weight_groups for row in rows}, panel)
    variances = _variances(session, [row.id for row in rows])
    return tuple(
        StoredEstimate(
            estimator=row.estimator,
            status=row.status,
            reason=row.reason,
            att=row.att,
            settings=row.settings,
            tuning=row.tuning,
            diagnostics=row.diagnostics,
            by_period=tuple(row.by_period),
            variances=tuple(variances.get(row.id, ())),
            counterfactual=(
                None
                if row.att is None
                else cells.read_counterfactual(session, row.id, panel, row.control_fit)
            ),
            weights=weights[row.id],
        )
        for row in rows
    )


def _variances(session: Session, numbers: Sequence[int]) -> dict[int, list[StoredVariance]]:
    """Variances by the number of their estimate, in order."""
    found: dict[int, list[StoredVariance]] = {}
    rows = session.scalars(
        select(VarianceRow)
        .where(VarianceRow.estimate_id.in_(numbers))
        .order_by(VarianceRow.estimate_id, VarianceRow.position)
    )
    for row in rows:
        values = {field.name: getattr(row, field.name) for field in fields(StoredVariance)}
        found.setdefault(row.estimate_id, []).append(StoredVariance(**values))
    return found
