"""The data: read once, kept as they were read, and turned into a panel."""

from pathlib import Path

import pandas as pd
from prefect.cache_policies import NO_CACHE

from estimators import Panel
from estimators.core.designs import Dropped, comparable
from storage.folders import panels_in
from storage.ledger import ledger
from storage.linked import LinkedPanel, arranged, on_the_cells_of, read
from storage.panels import exclude, pull, to_panel
from storage.records import StoredResult
from storage.snapshots import save
from studies import Plan
from studies.economics_plan import LinkedOutcome
from studies.placing import Placed
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.step import task


@task(name="pull the panel", task_run_name="pull", **ON_THE_LEDGER)
def pull_rows(url: str, plan: Plan) -> pd.DataFrame:
    """The panel's rows in one consistent read. Raises UnknownPanel and InvalidSource."""
    with ledger(url) as session:
        rows = pull(session, plan.panel, untreated=by_calendar(plan))
    units, periods = rows["unit"].nunique(), rows["period"].nunique()
    narrate("panel", f"{len(rows):,} rows: {units:,} units, {periods:,} periods")
    return rows


@task(name="pull a linked outcome", task_run_name="pull {name}", **ON_THE_LEDGER)
def pull_linked(
    url: str, name: str, outcome: LinkedOutcome, rows: pd.DataFrame, placed: Placed | None
) -> pd.DataFrame:
    """Its rows with the treatment of the study's panel. Raises as pulling does, and InvalidPanel.

    rows: of the study's panel, with the promotion's treatment
    """
    with ledger(url) as session:
        found = pull(session, outcome.panel, untreated=True)
    narrate("linked", f"{name}, {outcome.role}: {len(found):,} rows")
    return on_the_cells_of(rows, found, name, placed)


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


@task(name="arrange a linked outcome", task_run_name="arrange {name}", cache_policy=NO_CACHE)
def arrange_linked(
    name: str, snapshot: str, rows: pd.DataFrame, plan: Plan, dropped: Dropped | None
) -> LinkedPanel:
    """Rows to arrays, without what the study's panel is without. Raises InvalidPanel."""
    return LinkedPanel(name, snapshot, arranged(rows, plan, dropped))


@task(name="read the linked outcomes", task_run_name="linked", **ON_THE_LEDGER)
def read_linked(url: str, result: StoredResult) -> tuple[LinkedPanel, ...]:
    """The panels of a stored result's linked outcomes, as they were analysed."""
    with ledger(url) as session:
        return read(session, result)


@task(name="read a folder", task_run_name="read {folder}", cache_policy=NO_CACHE)
def read_folder(folder: Path) -> list[tuple[str, pd.DataFrame]]:
    """(name, rows) of each CSV file in it. Raises InvalidFile."""
    return list(panels_in(folder))


def by_calendar(plan: Plan) -> bool:
    """Whether the calendar says what was treated, so that the panel need not."""
    return plan.promotion is not None and plan.promotion.treated == "calendar"
