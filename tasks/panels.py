"""The data: read once, kept as they were read, and turned into a panel."""

from pathlib import Path

import pandas as pd
from prefect.cache_policies import NO_CACHE

from estimators import Panel
from estimators.core.designs import Dropped, comparable
from storage.folders import panels_in
from storage.ledger import ledger
from storage.panels import exclude, pull, to_panel
from storage.snapshots import save
from studies import Plan
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.step import task


@task(name="pull the panel", task_run_name="pull", **ON_THE_LEDGER)
def pull_rows(url: str, plan: Plan) -> pd.DataFrame:
    """The panel's rows in one consistent read. Raises UnknownPanel and InvalidSource."""
    with ledger(url) as session:
        rows = pull(session, plan.panel, untreated=_by_calendar(plan))
    units, periods = rows["unit"].nunique(), rows["period"].nunique()
    narrate("panel", f"{len(rows):,} rows: {units:,} units, {periods:,} periods")
    return rows


@task(name="keep the snapshot", task_run_name="snapshot", **ON_THE_LEDGER)
def keep_snapshot(url: str, rows: pd.DataFrame) -> str:
    """Store the rows exactly as read, also those that will not pass; returns their hash."""
    with ledger(url) as session:
        sha256 = save(session, rows)
    narrate("snapshot", f"kept as {sha256[:12]}")
    return sha256


@task(name="arrange the panel", task_run_name="arrange", cache_policy=NO_CACHE)
def arrange(rows: pd.DataFrame, plan: Plan) -> Panel:
    """Rows to arrays, without the donors the plan excludes. Raises InvalidPanel."""
    return to_panel(exclude(rows, plan.donors.exclude))


@task(name="leave out the incomparable", task_run_name="compare", cache_policy=NO_CACHE)
def leave_out(panel: Panel, plan: Plan) -> tuple[Panel, Dropped | None]:
    """The panel without what has no comparison, where the plan says so, and what that is.

    Raises UnsupportedDesign when no treated cell is left.
    """
    if plan.incomparable == "refuse":
        return panel, None
    kept, dropped = comparable(panel)
    narrate("panel", dropped.text)
    return kept, dropped or None


@task(name="read a folder", task_run_name="read {folder}", cache_policy=NO_CACHE)
def read_folder(folder: Path) -> list[tuple[str, pd.DataFrame]]:
    """(name, rows) of each CSV file in it. Raises InvalidFile."""
    return list(panels_in(folder))


def _by_calendar(plan: Plan) -> bool:
    return plan.promotion is not None and plan.promotion.treated == "calendar"
