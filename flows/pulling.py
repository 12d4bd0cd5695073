"""The rows a study is answered from: its panel, with the treatment of the promotion it names."""

import pandas as pd

from studies import Plan
from studies.placing import Placed
from tasks.panels import pull_rows
from tasks.promotions import place_promotion


def pulled(url: str, plan: Plan) -> tuple[pd.DataFrame, Placed | None]:
    """The rows, and where the promotion lies in them; None where the study names none.

    Raises as the two tasks do.
    """
    rows = pull_rows(url, plan)
    return (rows, None) if plan.promotion is None else place_promotion(url, rows, plan)
