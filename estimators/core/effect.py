"""From counterfactual to effect: one definition, shared by all estimators.

    effect_it = Y_it − Ŷ_it(0)        att = mean of effect_it over the scored cells

Scored are treated cells whose outcome is observed and that the fit does not leave out. Every
breakdown splits them into groups, so that its means, weighted by treated cells, give the att:

    cell         each by itself                      label (unit, period)
    unit         the cells of a unit                 its label
    period       the cells of a period               its label
    cohort       units with the same run             label (first, last treated period)
    event_time   periods since the run started       0, 1, …

By period, and by event time before treatment (… −2, −1), where no cell is treated the row is the
lack of fit of treated units, as far as the method models it. Event time counts from the start of
the current run, before it to the start of the next one; after the last run there is none. Later
event times and cohorts are about other units than early ones: their differences are not dynamics
alone.
"""

from collections.abc import Callable, Hashable
from typing import Literal

import numpy as np

from estimators.core.designs import cohorts, require_one_run_each, run_starts
from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Fit, GroupEffect, PeriodEffect
from estimators.core.panel import BoolArray, FloatArray, IntArray, Panel

By = Literal["cell", "unit", "period", "cohort", "event_time"]
LEADS = ("period", "event_time")  # breakdowns with rows before treatment


def att(panel: Panel, fit: Fit) -> float:
    """Average treatment effect on the treated, in the measure of the outcome.

    τ̂ = mean of Y − Ŷ(0) over the cells with W = 1 whose outcome is observed and that the fit does
    not leave out.
    Raises UnsupportedDesign when no treated cell is observed.
    """
    return float(cell_effects(panel, fit).mean())


def scored_cells(panel: Panel, fit: Fit) -> BoolArray:
    """(N, T) true where an effect is asked for: treated, observed, and not left out by the fit."""
    scored = panel.treatment & panel.observed
    return scored if fit.left_out is None else np.asarray(scored & ~fit.left_out)


def cell_effects(panel: Panel, fit: Fit) -> FloatArray:
    """(scored cells,) Y − Ŷ(0), in row-major order of the panel."""
    scored = _answered(panel, fit)
    return np.asarray(panel.outcome[scored] - fit.counterfactual[scored])


def effects_by(panel: Panel, fit: Fit, by: By) -> tuple[GroupEffect, ...]:
    """Means over groups of treated cells, in panel order, cohorts and event times in time order.

    Raises UnsupportedDesign when no treated cell is observed, and by cohort when treatment comes
    again: a cohort is units with one and the same run.
    """
    scored = _answered(panel, fit)
    group, label = _GROUPS[by](panel)
    treated = np.bincount(group[scored], minlength=int(group.max()) + 1)
    cells = scored
    if by in LEADS:
        modelled = np.isfinite(fit.counterfactual) & panel.usable & panel.treated_units[:, None]
        cells = scored | (modelled & (group >= 0) & (treated[group] == 0))
    where = group[cells]
    count = np.bincount(where)
    found = np.flatnonzero(count)
    observed, counterfactual, effect = (
        np.bincount(where, values[cells])[found] / count[found]
        for values in (panel.outcome, fit.counterfactual, panel.outcome - fit.counterfactual)
    )
    rows = zip(found, observed, counterfactual, effect, strict=True)
    return tuple(
        GroupEffect(label(int(g)), int(treated[g]), float(seen), float(without), float(gap))
        for g, seen, without, gap in rows
    )


def effects_by_period(panel: Panel, fit: Fit) -> tuple[PeriodEffect, ...]:
    """Means over treated cells by period; over treated units where no cell is treated.

    In a period without treated cells the effect measures lack of fit. Periods in which the
    method models nothing, or nothing is observed, are left out.
    """
    return tuple(
        PeriodEffect(row.label, row.treated, row.observed, row.counterfactual, row.effect)
        for row in effects_by(panel, fit, "period")
    )


def _answered(panel: Panel, fit: Fit) -> BoolArray:
    """The scored cells, of which there are some, and each has a counterfactual."""
    scored = scored_cells(panel, fit)
    if not scored.any():
        raise UnsupportedDesign(
            f"none of {int(panel.treatment.sum())} treated cells is left to average: each is not "
            f"observed or left out by the fit; observe some, or correct the treatment"
        )
    if not np.isfinite(fit.counterfactual[scored]).all():
        missing = np.argwhere(scored & ~np.isfinite(fit.counterfactual))
        raise UnsupportedDesign(
            f"{len(missing)} of {int(scored.sum())} treated cells have no counterfactual, first "
            f"{panel.cell(*missing[0])}; a fit imputes each of them, or says which it leaves out"
        )
    return scored


# (N, T) number of each cell's group, −1 for none; and the label of a group.
Groups = tuple[IntArray, Callable[[int], Hashable]]


def _cells(panel: Panel) -> Groups:
    periods = len(panel.periods)
    numbers = np.arange(panel.outcome.size).reshape(panel.outcome.shape)
    return numbers, lambda g: (panel.units[g // periods], panel.periods[g % periods])


def _units(panel: Panel) -> Groups:
    rows = np.arange(len(panel.units))[:, None]
    return np.broadcast_to(rows, panel.outcome.shape), lambda g: panel.units[g]


def _periods(panel: Panel) -> Groups:
    columns = np.arange(len(panel.periods))
    return np.broadcast_to(columns, panel.outcome.shape), lambda g: panel.periods[g]


def _cohorts(panel: Panel) -> Groups:
    require_one_run_each(panel)
    groups = np.full(panel.outcome.shape, -1)
    found = cohorts(panel)
    for number, cohort in enumerate(found):
        groups[cohort.units] = number
    return groups, lambda g: (panel.periods[found[g].start], panel.periods[found[g].stop - 1])


def _event_times(panel: Panel) -> Groups:
    """Event time e has number e + T − 1."""
    last = len(panel.periods) - 1
    position = np.arange(last + 1)
    starts = run_starts(panel.treatment)
    current = np.maximum.accumulate(np.where(starts, position, -1), axis=1)
    following = np.minimum.accumulate(np.where(starts, position, last + 1)[:, ::-1], axis=1)
    start = np.where(panel.treatment, current, following[:, ::-1])
    return np.where(start > last, -1, position - start + last), lambda g: g - last


_GROUPS: dict[By, Callable[[Panel], Groups]] = {
    "cell": _cells,
    "unit": _units,
    "period": _periods,
    "cohort": _cohorts,
    "event_time": _event_times,
}
