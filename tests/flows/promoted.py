"""Shops with a promotion that ended years ago: studies that are due once their data are there."""

import pandas as pd

from storage.ledger import ledger
from storage.outcomes import ingest
from storage.promotions import register as enter
from storage.studies import register
from studies import parse_plan
from studies.promotions import Promotion
from tests.flows import shop

FIRST, LAST = "2020-W10", "2020-W14"  # of the panel's weeks 1 to 14
PLAN = """
study: {study}
question: What did the promotion do?
panel: {study}
estimators: [did, sc]
primary: did
inference: {{placebos: 20}}
promotion: {{name: {study}, treated: panel{more}}}
"""


def rows(weeks: int = shop.WEEKS, extra: float = 0.0) -> pd.DataFrame:
    """The shop's sales as a panel of ISO weeks, the first so many of them."""
    sales = shop.sales().query("week <= @weeks")
    return pd.DataFrame(
        {
            "unit": sales.store,
            "period": [f"2020-W{week:02d}" for week in sales.week],
            "outcome": sales.units + extra,
            "treatment": sales.promo,
        }
    )


def deliver(url: str, study: str = "shop", weeks: int = shop.WEEKS, extra: float = 0.0) -> None:
    """Bring the panel's weeks in."""
    with ledger(url) as session:
        ingest(session, study, rows(weeks, extra))


def plan(url: str, study: str = "shop", more: str = "", measure: str = "") -> str:
    """Enter the promotion and register its study; returns its name."""
    promoted(url, study)
    with ledger(url) as session:
        text = PLAN.format(study=study, more=f", {more}" if more else "")
        parsed = parse_plan(f"{text}measure: {measure}\n" if measure else text)
        return register(session, parsed, "tester", "as planned").study


def promoted(url: str, study: str = "shop", last: str = LAST, reason: str = "planned") -> None:
    """Enter the promotion, or change when it ended."""
    with ledger(url) as session:
        entry = Promotion(promotion=study, units=("store 0",), start=FIRST, end=last)
        enter(session, entry, "tester", reason)


def due(url: str, study: str = "shop") -> str:
    """A study that is due."""
    deliver(url, study)
    return plan(url, study)
