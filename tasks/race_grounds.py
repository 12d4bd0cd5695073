"""What a race is run on: a panel without its treated outcomes, or one in which nothing was done.

Nothing of Prefect is imported here and in race_designs.py: commands check their options before a
server is started for nothing, and Prefect must not be imported before its server is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from estimators.core.panel import BoolArray, Panel
from storage.errors import UnknownPanel
from storage.races import data_hash
from storage.rows import Grid
from studies import Plan
from studies.part import NAME


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


def plan_of_panel(name: str, source: str | None = None) -> Plan:
    """By what a panel is raced that no study asks about: all estimators, and the defaults.

    Raises UnknownPanel for what cannot be the name of a panel.
    """
    if source is None and not NAME.fullmatch(name):
        raise UnknownPanel(f"no study and no panel is called {name!r}")
    return Plan(study="race", question="Which estimator errs least?", panel=source or name)
