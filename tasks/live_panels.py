"""A live panel at one visit: is it still updated, complete, and itself?"""

from collections.abc import Mapping
from datetime import date
from statistics import median
from typing import Any

import pandas as pd
from prefect import task
from prefect.cache_policies import NO_CACHE

from checks import Check
from checks.live import Rhythm
from checks.live_run import FRESHNESS, watch
from storage import observations
from storage.ledger import ledger
from storage.observations import Observation
from studies import Plan
from studies.closing import behind, closed
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.studies import Question

DATA_LATE, PANEL_DRIFTED = "data_late", "panel_drifted"


@task(name="recall the rhythm", task_run_name="rhythm of {name}", **ON_THE_LEDGER)
def recall_rhythm(url: str, name: str) -> float:
    """How many closed periods the panel usually lacks, at visits that found it up to date."""
    with ledger(url) as session:
        past = observations.history(session, "panel", name)
    lags = [one.details["behind"] for one in past if one.details.get("up_to_date")]
    return float(median([lag for lag in lags if lag is not None] or [0]))


@task(name="check a live panel", task_run_name="panel {name}", cache_policy=NO_CACHE)
def check_live(
    rows: pd.DataFrame, name: str, question: Question, today: date, usual: float
) -> Observation:
    """What was found about the periods that are closed, and the alerts it comes to.

    Raises InvalidPeriods for labels that make no grid.
    """
    labels = list(pd.unique(rows["period"]))
    late = behind(labels, today)
    over = rows[rows["period"].isin(closed(labels, today))]
    found, evidence = watch(over, name, question.plan, Rhythm(late, usual))
    return _observed(name, labels, late, found, evidence)


def panel_name(plan: Plan) -> str:
    """What a panel is called: its name, its relation, or whose query it is."""
    if isinstance(plan.panel, str):
        return plan.panel
    return plan.panel.relation or f"query of {plan.study}"


def _observed(
    name: str,
    labels: list[Any],
    late: int | None,
    found: tuple[Check, ...],
    evidence: Mapping[str, Any],
) -> Observation:
    failed = [check for check in found if not check.passed]
    fresh = all(check.name != FRESHNESS for check in failed)
    drifted = [check.message for check in failed if check.name != FRESHNESS]
    stopped = (
        f"panel {name}: {late} periods are over since its last, {labels[-1]}, more than is usual; "
        f"see whether its feed still runs"
    )
    said = [*([] if fresh else [stopped]), *drifted]
    for line in said:
        narrate("panel", line)
    return Observation(
        "panel",
        name,
        "noticed" if said else "fine",
        "; ".join(said) or f"up to date: {len(labels)} periods, the last {labels[-1]}",
        {
            "behind": late,
            "up_to_date": fresh,
            "last": str(labels[-1]),
            "checks": [
                {"name": c.name, "passed": c.passed, "count": c.count, "examples": c.examples,
                 "message": c.message}
                for c in found
            ],
            "great_expectations": evidence,
        },
        alerts={
            DATA_LATE: None if fresh else stopped,
            PANEL_DRIFTED: f"panel {name}: {'; '.join(drifted)}" if drifted else None,
        },
    )  # fmt: skip
