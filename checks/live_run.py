"""The checks of a live panel: one visit, one suite, with the complete Great Expectations result."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from checks.evidence import gathering
from checks.live import LIVE_RULES, Rhythm, live_tables
from checks.report import Check
from studies import Plan

FRESHNESS = "still_updated"


def watch(
    rows: pd.DataFrame, name: str, plan: Plan, rhythm: Rhythm
) -> tuple[tuple[Check, ...], Mapping[str, Any]]:
    """What must hold of the panel now, and the suite's JSON.

    rows: whose periods are all closed      plan: of a study of this panel
    Raises InvalidPeriods for labels that make no grid.
    """
    tables = live_tables(rows, name, rhythm)
    with gathering(plan) as evidence:
        found = tuple(evidence.validate(tables, LIVE_RULES))
        return found, evidence.results
