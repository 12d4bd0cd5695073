"""Treatment patterns: which there are, which a method accepts, and what has no comparison.

block       every treated unit is treated in the same single run of periods, which may end
staggered   units start at different times, and whoever is treated stays treated
on_off      anything else: treatment ends at different times, or comes again
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.sparse import bmat, csr_array
from scipy.sparse.csgraph import connected_components

from estimators.core.errors import UnsupportedDesign
from estimators.core.panel import BoolArray, IntArray, Panel, listed

Pattern = Literal["block", "staggered", "on_off"]


@dataclass(frozen=True, eq=False)
class Cohort:
    """Units treated in the same run of periods: columns start, …, stop − 1."""

    start: int
    stop: int
    units: IntArray


@dataclass(frozen=True)
class Dropped:
    """What was left out of a panel because nothing usable is there to compare it with.

    units, periods: labels of those without a single observed untreated cell
    cells: (unit, period) labels of treated cells whose unit and period no usable cells connect
    treated, of: observed treated cells lost in all three, of how many
    """

    units: tuple[Hashable, ...]
    periods: tuple[Hashable, ...]
    cells: tuple[tuple[Hashable, Hashable], ...]
    treated: int
    of: int

    def __bool__(self) -> bool:
        """True when anything was left out."""
        return bool(self.units or self.periods or self.cells)

    @property
    def text(self) -> str:
        """One line for people."""
        if not self:
            return "everything can be compared; nothing was left out"
        cells = [f"({unit}, {period})" for unit, period in self.cells]
        parts = (
            ("units never observed untreated", self.units),
            ("periods in which no unit is observed untreated", self.periods),
            ("treated cells that untreated ones do not connect", cells),
        )
        said = [f"{what}, {len(labels)} ({listed(labels)})" for what, labels in parts if labels]
        said.append(f"with them {self.treated} of {self.of} observed treated cells")
        return f"left out as not comparable: {'; '.join(said)}"


def pattern(panel: Panel) -> Pattern:
    """The panel's treatment pattern."""
    return pattern_of(panel.treatment[panel.treated_units])


def pattern_of(treatment: BoolArray) -> Pattern:
    """The pattern of a treatment (N, T) with at least one treated cell."""
    treated = treatment[treatment.any(axis=1)]
    single = (run_starts(treated).sum(axis=1) == 1).all()
    if single and (treated == treated[0]).all():
        return "block"
    return "staggered" if single and treated[:, -1].all() else "on_off"


def run_starts(treatment: BoolArray) -> BoolArray:
    """(N, T) true where a run of treatment begins."""
    before = np.zeros_like(treatment)
    before[:, 1:] = treatment[:, :-1]
    return treatment & ~before


def cohorts(panel: Panel) -> tuple[Cohort, ...]:
    """Groups of units with the same run, by start, then stop; only where each has one run."""
    members: dict[tuple[int, int], list[int]] = {}
    for unit in np.flatnonzero(panel.treated_units):
        columns = np.flatnonzero(panel.treatment[unit])
        members.setdefault((int(columns[0]), int(columns[-1]) + 1), []).append(int(unit))
    return tuple(
        Cohort(start, stop, np.array(units)) for (start, stop), units in sorted(members.items())
    )


def require_one_run_each(panel: Panel) -> None:
    """Raise UnsupportedDesign when treatment comes again in a unit, which then has no cohort."""
    several = np.flatnonzero(_several_runs(panel))
    if len(several):
        raise UnsupportedDesign(
            f"a cohort is units with one and the same run of treatment; treatment comes again in "
            f"{len(several)} of {int(panel.treated_units.sum())} treated units "
            f"({listed([panel.units[i] for i in several])}); ask by unit, period or event time"
        )


def _several_runs(panel: Panel) -> BoolArray:
    return np.asarray(run_starts(panel.treatment).sum(axis=1) > 1)


def identified(panel: Panel) -> BoolArray:
    """(N, T) true where two-way effects are learnable: unit and period joined by usable cells.

    Units and periods are the two sides of a graph, usable cells its edges. α_i + β_t is
    determined exactly when i and t lie in one connected component.
    """
    if bool(panel.usable.all(axis=1).any()):  # one unit usable throughout joins everything
        return np.repeat(np.any(panel.usable, axis=1, keepdims=True), len(panel.periods), axis=1)
    edges = csr_array(panel.usable.astype(np.int8))
    _, component = connected_components(bmat([[None, edges], [edges.T, None]]), directed=False)
    n = len(panel.units)
    return np.asarray(component[:n, None] == component[None, n:])


def require_identified(panel: Panel, method: str) -> None:
    """Raise UnsupportedDesign when some scored cell has no comparison."""
    lost = np.argwhere(panel.treatment & panel.observed & ~identified(panel))
    if not len(lost):
        return
    without_unit = np.flatnonzero(~panel.usable.any(axis=1) & panel.treated_units)
    without_period = np.flatnonzero(~panel.usable.any(axis=0))
    if len(without_unit):
        why = (
            f"{len(without_unit)} units have no untreated period "
            f"({listed([panel.units[i] for i in without_unit])})"
        )
    elif len(without_period):
        why = (
            f"in {len(without_period)} periods nobody is untreated "
            f"({listed([panel.periods[t] for t in without_period])})"
        )
    else:
        why = "untreated cells fall into groups that share neither a unit nor a period"
    raise UnsupportedDesign(
        f"{method} cannot impute {len(lost)} treated cells, first {panel.cell(*lost[0])}: {why}; "
        f"exclude them or lengthen the panel"
    )


def comparable(panel: Panel) -> tuple[Panel, Dropped]:
    """The part of a panel that has something to compare with, and what was left out of it.

    Units and periods without a usable cell go. A treated cell that usable cells do not connect
    (see `identified`) stays as a place, but is asked for no longer: it counts as untreated and not
    observed. No usable cell is ever lost, so that once is enough: the result is comparable.
    Periods count as neighbours when those between them went.

    Raises UnsupportedDesign when no observed treated cell is left.
    """
    units, periods = panel.usable.any(axis=1), panel.usable.any(axis=0)
    asked = panel.treatment & panel.observed
    lost = asked & ~identified(panel)
    stray = lost & np.outer(units, periods)
    dropped = Dropped(
        tuple(panel.units[i] for i in np.flatnonzero(~units)),
        tuple(panel.periods[t] for t in np.flatnonzero(~periods)),
        tuple((panel.units[i], panel.periods[t]) for i, t in np.argwhere(stray)),
        int(lost.sum()),
        int(asked.sum()),
    )
    if not asked.any():
        raise UnsupportedDesign(
            f"none of the {int(panel.treatment.sum())} treated cells has an observed outcome; "
            f"observe some, or correct the treatment"
        )
    if dropped.treated == dropped.of:
        raise UnsupportedDesign(
            f"nothing is left to estimate; {dropped.text}; add untreated units or periods"
        )
    if not dropped:
        return panel, dropped
    kept = replace(
        panel,
        outcome=np.where(stray, np.nan, panel.outcome),
        treatment=panel.treatment & ~stray,
    )
    return kept.select(units, periods), dropped
