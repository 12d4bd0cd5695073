"""The rows a study is answered from: its panel, with the treatment of the promotion it names."""

import json

import pandas as pd

from studies import Plan
from studies.placing import Placed
from tasks.panels import by_calendar, pull_rows
from tasks.promotions import place_promotion

Read = dict[str, pd.DataFrame]  # panels as they were read, by how they were asked for


def pulled(url: str, plan: Plan, read: Read | None = None) -> tuple[pd.DataFrame, Placed | None]:
    """The rows, and where the promotion lies in them; None where the study names none.

    read: panels that were read already; what is read now is put beside them
    Raises as the two tasks do.
    """
    known = {} if read is None else read
    asked = _asked_for(plan)
    if asked not in known:
        known[asked] = pull_rows(url, plan)
    rows = known[asked]
    return (rows, None) if plan.promotion is None else place_promotion(url, rows, plan)


def _asked_for(plan: Plan) -> str:
    panel = plan.panel if isinstance(plan.panel, str) else plan.panel.model_dump(mode="json")
    return json.dumps([panel, by_calendar(plan)])
