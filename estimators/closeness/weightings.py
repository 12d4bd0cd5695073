"""Which cells share a fit, and what its weights are measured from.

    by cell   a fit for each target (i, t): distances to unit i, decay from period t. Targets that
              differ in nothing the rates notice share one. A cell that is data is left out of its
              own fit, and its period out of its distances, as if it were treated.
    pooled    a fit for each group of spells that start and end together: distances to the average
              outcome of its units where all of them are usable, decay from the exact centre of
              the spell, (first + last) / 2. Its units' own weights follow from their distance to
              that average.

Source: Athey, Imbens, Qu and Viviano (2025), equations 2–3 and 13, for fits by cell; the pooled
form follows the authors' code, whose centre is half a period late and which keeps treated cells
in the loss: neither is done here.
"""

import numpy as np

from estimators.core.errors import UnsupportedDesign
from estimators.core.panel import BoolArray, FloatArray, IntArray, Panel, listed
from estimators.solvers.target_fits import Grid, Targets

Spell = tuple[int, int]  # first and last period


def by_cell(
    grid: Grid,
    wanted: BoolArray,
    time_rate: float,
    unit_rate: float,
    scored: BoolArray | None = None,
) -> Targets:
    """Targets for the wanted cells (N, T), in the order of units, then periods.

    scored: (N, T) cells whose weights are averaged for people
    """
    units, periods = np.nonzero(wanted)
    held = grid.usable[units, periods] > 0
    alone = np.where(held, np.arange(len(units)), -1)
    by_unit = units if unit_rate > 0 else np.full_like(units, -1)
    by_period = periods if time_rate > 0 else np.full_like(periods, -1)
    count = None if scored is None else scored[units, periods].astype(float)
    keys = np.column_stack((by_unit, by_period, alone))
    return _targets(
        grid.outcome, grid.usable, keys, by_period.astype(float), np.where(held, periods, -1), held,
        units, periods, count,
    )  # fmt: skip


def pooled(
    grid: Grid,
    panel: Panel,
    wanted: BoolArray,
    time_rate: float,
    unit_rate: float,
    scored: BoolArray | None = None,
    *,
    together: bool = True,
) -> Targets:
    """Targets for the wanted cells of treated units; an untreated one goes to the nearest spell.

    together: raise UnsupportedDesign when the units of a group share no usable period; else all
        units are then equally far from it
    """
    spells = {int(i): _spells(panel.treatment[i]) for i in np.flatnonzero(panel.treated_units)}
    groups = sorted({spell for own in spells.values() for spell in own})
    number = {spell: g for g, spell in enumerate(groups)}
    members = [[i for i, own in spells.items() if spell in own] for spell in groups]
    paths = np.zeros((len(groups), len(panel.periods)))
    known = np.zeros_like(paths)
    for g, group in enumerate(members):
        known[g] = grid.usable[group].min(axis=0)
        paths[g] = grid.outcome[group].mean(axis=0) * known[g]
        if together and unit_rate > 0 and not known[g].any():
            first, last = groups[g]
            raise UnsupportedDesign(
                f"a pooled fit needs a period in which all {len(group)} units treated from "
                f"{panel.periods[first]} to {panel.periods[last]} "
                f"({listed([panel.units[i] for i in group])}) are observed untreated; use "
                f"pooled=False"
            )
    units, periods = np.nonzero(wanted)
    group_of = np.array(
        [
            number[_nearest(spells[i], t)]
            for i, t in zip(units.tolist(), periods.tolist(), strict=True)
        ],
        dtype=np.intp,
    )
    centres = np.array([(first + last) / 2 for first, last in groups])[group_of]
    keys = np.column_stack(
        (
            group_of if unit_rate > 0 else np.full_like(group_of, -1),
            2 * centres if time_rate > 0 else np.full(len(centres), -1),
            np.full_like(group_of, -1),
        )
    ).astype(np.intp)
    count = None if scored is None else scored[units, periods].astype(float)
    nothing = np.full(len(units), -1)
    return _targets(
        paths, known, keys, np.where(keys[:, 1] < 0, -1.0, centres), nothing,
        np.zeros(len(units), dtype=np.bool_), units, periods, count,
    )  # fmt: skip


def _targets(
    paths: FloatArray,
    known: FloatArray,
    keys: IntArray,
    centre: FloatArray,
    left_out: IntArray,
    held: BoolArray,
    units: IntArray,
    periods: IntArray,
    count: FloatArray | None,
) -> Targets:
    """One weighting for each distinct (path, centre, left-out cell)."""
    order = np.lexsort((np.arange(len(keys)), keys[:, 2], keys[:, 1], keys[:, 0]))
    keys = keys[order]
    first = np.flatnonzero(np.append(True, (keys[1:] != keys[:-1]).any(axis=1)))
    at = order[first]
    sums = np.zeros(len(order)) if count is None else count[order]
    return Targets(
        paths,
        known,
        keys[first, 0],
        np.where(centre[at] < 0, np.nan, centre[at]),
        left_out[at],
        held[at],
        np.append(first, len(order)),
        units[order],
        periods[order],
        np.add.reduceat(sums, first) if len(order) else sums,
    )


def _spells(row: BoolArray) -> list[Spell]:
    """Runs of treatment of one unit."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], row.astype(np.int8), [0]))))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _nearest(spells: list[Spell], period: int) -> Spell:
    """The spell nearest in time, the earlier one of two."""
    return min(spells, key=lambda spell: (max(spell[0] - period, period - spell[1], 0), spell))
