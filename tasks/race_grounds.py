"""What a race is run on: a panel without its treated outcomes, or one in which nothing was done."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from prefect import task
from prefect.cache_policies import NO_CACHE

from estimators.core.panel import BoolArray, Panel
from storage import studies
from storage.errors import UnknownPanel
from storage.folders import panels_in
from storage.ledger import ledger
from storage.races import data_hash
from storage.rows import Grid
from studies import Plan
from studies.part import NAME
from tasks.retries import ON_THE_LEDGER


@dataclass(frozen=True, eq=False)
class Ground:
    """What a race is run on.

    name: as it was called      snapshot_hash: the rows it was taken from
    panel: without its treated outcomes; None where nothing was done
    grid: where nothing was done      policies: by assignment column, (N,) who would be treated
    """

    name: str
    snapshot_hash: str
    panel: Panel | None
    grid: Grid | None = None
    policies: Mapping[str, BoolArray] | None = None

    @cached_property
    def data_hash(self) -> str:
        """SHA-256 of all that is looked at."""
        looked_at = self.panel or self.grid
        assert looked_at is not None
        return data_hash(looked_at)

    @property
    def size(self) -> tuple[int, int]:
        """Units and periods."""
        found = self.panel or self.grid
        assert found is not None
        return len(found.units), len(found.periods)


def ground_of(name: str, grid: Grid, snapshot: str) -> Ground:
    """A panel as it was read. Assignment columns are covariates that are 0 or 1 by unit."""
    if grid.treatment.any():
        panel = Panel(
            grid.outcome, grid.treatment, grid.units, grid.periods,
            grid.covariates, grid.covariate_names,
        )  # fmt: skip
        return Ground(name, snapshot, panel.masked)
    policies = {}
    for k, column in enumerate(grid.covariate_names):
        assert grid.covariates is not None
        values = grid.covariates[:, :, k]
        if (values == values[:, :1]).all() and set(values[:, 0]) == {0.0, 1.0}:
            policies[column] = np.asarray(values[:, 0] == 1)
    return Ground(name, snapshot, None, grid, policies)


@task(name="look for a study", task_run_name="study {name}?", **ON_THE_LEDGER)
def is_study(url: str, name: str) -> bool:
    """Whether a study of this name is registered; anything else is the name of a panel."""
    with ledger(url) as session:
        return name in studies.known(session)


@task(name="read a folder", task_run_name="read {folder}", cache_policy=NO_CACHE)
def read_folder(folder: Path) -> list[tuple[str, pd.DataFrame]]:
    """(name, rows) of each CSV file in it. Raises InvalidFile."""
    return list(panels_in(folder))


def plan_of_panel(name: str, source: str | None = None) -> Plan:
    """By what a panel is raced that no study asks about: all estimators, and the defaults.

    Raises UnknownPanel for what cannot be the name of a panel.
    """
    if source is None and not NAME.fullmatch(name):
        raise UnknownPanel(f"no study and no panel is called {name!r}")
    return Plan(study="race", question="Which estimator errs least?", panel=source or name)
