"""Targets of treatment that switches on and off: every treated cell by itself.

An extension of SC, DIFP and SDID without a published definition; every fit by it says so.

    target       one observed treated cell (i, t)
    candidates   units usable (observed and untreated) in t, other than i
    matched      periods before t in which i is usable, chosen so that donors remain
    donors       candidates usable in every matched period

Where much is treated, hardly anyone is untreated whenever i was. Periods are therefore added one
by one, each time the one that keeps most donors (of equals the latest), and of the sets so found
the one with the largest matched × donors is used, with at least 3 matched periods and 2 donors:
the largest complete rectangle of data on this way. A cell for which there is none is left out and
listed. Neither the order of units nor any outcome has a say in the choice.

What was on before t, in i or in a donor, is taken to have no effect in t: no carry-over.
"""

import numpy as np

from estimators.core.panel import Panel
from estimators.solvers.compiled import compiled
from estimators.weighting.options import Options
from estimators.weighting.targets import Target, Targets, gathered

LEAST_MATCHED = 3  # below this a path tells nothing of a unit but its level
LEAST_DONORS = 2
LABEL = (
    "an extension without a published definition: each treated cell has weights of its own, on "
    "units untreated in its period and in the periods matched"
)
TOO_FEW = (
    f"fewer than {LEAST_DONORS} units are untreated in the cell's period and in {LEAST_MATCHED} "
    f"earlier untreated periods of its unit"
)


def cell_targets(panel: Panel, options: Options) -> Targets:
    """A target for each observed treated cell that has donors.

    Raises UnsupportedDesign when none has.
    """
    found: list[Target] = []
    without = panel.treatment & panel.observed
    for unit, period in np.argwhere(without):
        matched, donors = _largest(panel.usable, unit, period, LEAST_MATCHED, LEAST_DONORS)
        if len(matched):
            without[unit, period] = False
            units, when, label = np.array([unit]), np.array([period]), panel.cell(unit, period)
            found.append(Target(label, units, int(period), donors, matched, when, when, 0))
    return gathered(
        panel, options.name, found, without, TOO_FEW, notes=(LABEL,), one_by_one=True
    )  # fmt: skip


@compiled()
def _largest(usable, unit, period, least_matched, least_donors):
    """Matched periods and donors of one cell, both ascending; no period when there are too few."""
    past = np.flatnonzero(usable[unit, :period])
    donors = np.flatnonzero(usable[:, period])  # the unit itself is treated there
    # A donor is alive until the first chosen period in which it is not usable.
    fell = np.full(len(donors), len(past) + 1)
    kept = np.zeros(len(past), np.int64)
    for p in range(len(past)):
        for d in range(len(donors)):
            kept[p] += usable[donors[d], past[p]]
    order = np.zeros(len(past), np.int64)
    chosen = np.zeros(len(past), np.bool_)
    best, size = 0, 0
    for step in range(len(past)):
        new = -1
        for p in range(len(past)):
            if not chosen[p] and (new < 0 or kept[p] >= kept[new]):
                new = p
        if kept[new] < least_donors:
            break
        chosen[new] = True
        order[step] = new
        alive = kept[new]
        for d in range(len(donors)):
            if fell[d] > len(past) and not usable[donors[d], past[new]]:
                fell[d] = step
                for p in range(len(past)):
                    kept[p] -= usable[donors[d], past[p]]
        if step + 1 >= least_matched and (step + 1) * alive >= best:
            best, size = (step + 1) * alive, step + 1
    return past[np.sort(order[:size])], donors[fell >= size]
