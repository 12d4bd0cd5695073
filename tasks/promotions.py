"""The promotion of a study, put into the panel it is about."""

import pandas as pd

from reports.promotion import placed_sentence, remarks
from storage.ledger import ledger
from storage.placing import place
from storage.promotions import all_current, current
from studies import InvalidPeriods, Plan
from studies.placing import Placed
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.step import task


@task(name="place the promotion", task_run_name="promotion", **ON_THE_LEDGER)
def place_promotion(url: str, rows: pd.DataFrame, plan: Plan) -> tuple[pd.DataFrame, Placed | None]:
    """The rows with the promotion's treatment, and what was done.

    Raises UnknownPromotion, and InvalidPromotion for one that cannot be analysed on this panel.
    """
    assert plan.promotion is not None
    with ledger(url) as session:
        promotion, version, _ = current(session, plan.promotion.name)
        calendar = all_current(session)
    try:
        promoted, placed = place(rows, plan, promotion, version, calendar)
    except InvalidPeriods:  # no grid: the check of the periods stops the run and names them all
        return rows.fillna({"treatment": 0.0}), None
    narrate("promoted", placed_sentence(placed))
    for line in remarks(placed):
        narrate("warning", line)
    return promoted, placed
