"""Placebo panels: the treatment's own pattern, placed where nothing was done.

A placement is a panel in which no truly treated outcome is data, together with a pretended
treatment. Fitting an estimator to it gives a placebo effect: an effect where there is none. Where
the pattern's own outcome is not observed, a placement does not score it either.

Here are the placements of single runs (block, staggered) that folds and variances both use.
Truly treated units are left out of them:

    across units     the treated rows go to N₁ never-treated units; periods stay
    across both      the same, and T − s periods remain with the pattern s periods earlier

Earlier ones are forecasts: nothing after the pattern is seen, and enough periods come before it.
Windows in the past are in variance/windows.py, on/off patterns in variance/dealing.py.

Source: Abadie, Diamond and Hainmueller (2010) and Arkhangelsky et al. (2021, Algorithm 4) for
placebos across units. Everything else is this project's construction, and is labelled so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, islice, product
from math import comb
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from estimators.core.designs import identified, pattern_of
from estimators.core.draws import chosen_by_label
from estimators.core.errors import UnsupportedDesign
from estimators.core.panel import BoolArray, IntArray, Panel, listed

Scalar = TypeVar("Scalar", bound=np.generic)
LEAST_TRAINING = 3  # periods before a placed window, at least
MANY = 10**9  # possible placements that are counted for people, at most


@dataclass(frozen=True, eq=False)
class Placement:
    """A pretended treatment on part of a panel.

    Thousands are drawn at a time: each holds whom it treats, and shares everything else.

    units, periods: positions in the real panel, ascending
    group: positions of the units that wear the pattern's rows, one each
    pattern: (len(group), len(periods)), before it is rotated by some periods in time
    unseen: of the same shape, where the pattern's own outcome is not observed; None when nowhere
    """

    units: IntArray
    periods: IntArray
    group: IntArray
    pattern: BoolArray
    rotation: int = 0
    unseen: BoolArray | None = None

    @property
    def treatment(self) -> BoolArray:
        """(len(units), len(periods)) pretended treatment, made when asked for."""
        return self._worn(self.pattern)

    def panel(self, real: Panel) -> Panel:
        """The panel an estimator is given: truly treated outcomes are hidden."""
        truly = self._part(real.treatment)
        outcome = self._part(real.outcome)
        if self.unseen is not None:
            outcome = np.where(self._worn(self.unseen), np.nan, outcome)
        overlap = bool(truly.any())
        if overlap:
            outcome = np.where(truly, np.nan, outcome)
        placed = Panel(
            outcome,
            self.treatment,
            tuple(map(real.units.__getitem__, self.units.tolist())),
            tuple(map(real.periods.__getitem__, self.periods.tolist())),
            None if real.covariates is None else self._part(real.covariates),
            real.covariate_names,
        )
        if not overlap or pattern_of(placed.treatment) != "on_off":
            return placed
        scored = placed.treatment & placed.observed & identified(placed)
        if not scored.any():
            return placed
        # What cannot be scored is hidden, and not asked for either: imputing it would cost.
        hidden = np.where(placed.treatment & ~scored, np.nan, outcome)
        return replace(placed, outcome=hidden, treatment=scored)

    def _worn(self, rows: BoolArray) -> BoolArray:
        """The rows on the group, rotated; false elsewhere."""
        worn = np.zeros((len(self.units), len(self.periods)), dtype=np.bool_)
        worn[np.searchsorted(self.units, self.group)] = np.roll(rows, self.rotation, axis=1)
        return worn

    def _part(self, array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """A copy of these rows and columns; neighbouring columns, as mostly, by a slice."""
        first, last = int(self.periods[0]), int(self.periods[-1]) + 1
        if last - first == len(self.periods):
            return array[self.units, first:last]
        return array[np.ix_(self.units, self.periods)]


@dataclass(frozen=True, eq=False)
class Pool:
    """Placements of one kind.

    groups, times: (D,) which group and which place in time each placement has: 0, 1, …
    construction: one sentence for people
    """

    placements: tuple[Placement, ...]
    groups: IntArray
    times: IntArray
    construction: str


def across_units(panel: Panel, count: int, seed: int) -> Pool:
    """Other units in the same periods (what the literature calls unit placebos)."""
    periods, controls = np.arange(len(panel.periods)), np.flatnonzero(panel.control_units)
    groups, total = control_groups(panel, count, seed)
    rows, unseen = pattern_rows(panel)
    placed = tuple(Placement(controls, periods, group, rows, unseen=unseen) for group in groups)
    text = f"{numbered(len(placed), total)} of never-treated units, same periods"
    return Pool(placed, np.arange(len(placed)), np.zeros(len(placed), dtype=np.intp), text)


def across_both(panel: Panel, count: int, seed: int, training: int | None = None) -> Pool:
    """Other units at earlier times, each time equally often.

    training: periods before the earliest pattern; None for half of those before treatment
    """
    before = int(panel.pre_periods.sum())
    least = max(LEAST_TRAINING, before // 2) if training is None else training
    shifts = list(range(1, before - least + 1))
    if not shifts:
        raise UnsupportedDesign(
            f"placebos at earlier times need more than {LEAST_TRAINING} periods before treatment; "
            f"there are {before} before {panel.periods[before]}; add earlier periods"
        )
    periods, controls = np.arange(len(panel.periods)), np.flatnonzero(panel.control_units)
    rows, unseen = pattern_rows(panel)
    groups, total = control_groups(panel, count, seed)
    placed, times = [], []
    for group, shift in _pairs(groups, total, shifts, count, seed):
        missing = None if unseen is None else unseen[:, shift:]
        stay = periods[: len(periods) - shift]
        placed.append(Placement(controls, stay, group, rows[:, shift:], unseen=missing))
        times.append(shift - 1)
    number = numbered(len(placed), total * len(shifts))
    text = f"{number} of never-treated units, 1 to {len(shifts)} periods earlier"
    return Pool(tuple(placed), np.arange(len(placed)), np.array(times), text)


def pattern_rows(panel: Panel) -> tuple[BoolArray, BoolArray | None]:
    """The treated units' rows, by label, and where in them the outcome is not observed, if so."""
    treated = chosen_by_label(panel.treated_units, panel.units)
    rows = panel.treatment[treated]
    unseen = rows & ~panel.observed[treated]
    return rows, unseen if unseen.any() else None


def control_groups(panel: Panel, count: int, seed: int) -> tuple[list[IntArray], int]:
    """Groups of never-treated units as large as the treated one: all when few, else sampled.

    Returns them, each by label, and how many there are. Raises UnsupportedDesign when units are
    too few.
    """
    controls = chosen_by_label(panel.control_units, panel.units)
    size = int(panel.treated_units.sum())
    if len(controls) < size + 2:
        raise UnsupportedDesign(
            f"placebos across units need {size + 2} never-treated units for {size} treated; "
            f"there are {len(controls)}{_named(panel, controls)}; add control units"
        )
    total = comb(len(controls), size)
    if total <= count:
        return [np.array(group) for group in combinations(controls, size)], total
    rng = np.random.default_rng([seed, size])
    drawn = (rng.choice(len(controls), size=size, replace=False) for _ in range(count))
    return [controls[np.sort(chosen)] for chosen in drawn], total


def _named(panel: Panel, units: IntArray) -> str:
    return f" ({listed([panel.units[i] for i in units])})" if len(units) else ""


def numbered(placed: int, total: int) -> str:
    """How many of how many placements, for people."""
    if placed == total:
        return f"all {total} placements"
    possible = str(total) if total < MANY else f"more than {MANY:,}"  # up to 10^6000 of them
    return f"{placed} of {possible} placements"


def _pairs(
    groups: list[IntArray], total: int, times: list[int], count: int, seed: int
) -> Iterator[tuple[IntArray, int]]:
    """Every (group, time) when few, else a sample in which every time comes equally often."""
    if total * len(times) <= count:
        yield from product(groups, times)
        return
    rng = np.random.default_rng([seed, len(groups), len(times)])
    order = [rng.permutation(len(groups)) for _ in times]
    every = ((groups[order[k][g]], times[k]) for g in range(len(groups)) for k in range(len(times)))
    yield from islice(every, count)
