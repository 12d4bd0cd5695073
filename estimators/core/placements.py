"""Where treatment could have been: the treatment's own pattern, placed where nothing was done.

A placement is a panel in which no truly treated outcome is data, together with a pretended
treatment. Fitting an estimator to it gives a placebo effect: an effect where there is none.

Single runs (block, staggered): truly treated units are left out, or cut off before their
treatment, so every placement looks like the real panel with other units or at an earlier time:

    across units     the treated rows go to N₁ never-treated units; periods stay
    across both      the same, and T − k periods remain with the pattern k periods earlier
    across periods   the treated units, in a window of h periods before their treatment
    controls before  N₁ never-treated units, in the same windows

Earlier placements are forecasts: nothing after the window is seen, and at least half of the
pre-periods come before it.

On/off: rows of the pattern are dealt to other units, or it is rotated in time, or both. Truly
treated cells stay masked; scored are the pretended cells that were truly untreated and can be
imputed. Placements here interpolate: both earlier and later cells are data.

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

from estimators.core.designs import identified
from estimators.core.errors import UnsupportedDesign
from estimators.core.panel import BoolArray, IntArray, Panel

Scalar = TypeVar("Scalar", bound=np.generic)
WINDOWS = 4  # disjoint windows that a treated unit's own past must offer
LEAST_TRAINING = 3  # periods before a placed window, at least
MANY = 10**9  # possible placements that are counted for people, at most


@dataclass(frozen=True, eq=False)
class Placement:
    """A pretended treatment on part of a panel.

    Thousands are drawn at a time: each holds whom it treats, and shares everything else.

    units, periods, group: positions in the real panel, ascending; group wears the pattern's rows
    pattern: (len(group), len(periods)), before it is rotated by some periods in time
    """

    units: IntArray
    periods: IntArray
    group: IntArray
    pattern: BoolArray
    rotation: int = 0

    @property
    def treatment(self) -> BoolArray:
        """(len(units), len(periods)) pretended treatment, made when asked for."""
        treatment = np.zeros((len(self.units), len(self.periods)), dtype=np.bool_)
        rows = np.searchsorted(self.units, self.group)
        treatment[rows] = np.roll(self.pattern, self.rotation, axis=1)
        return treatment

    def panel(self, real: Panel) -> Panel:
        """The panel an estimator is given: truly treated outcomes are hidden."""
        truly = self._part(real.treatment)
        overlap = bool(truly.any())
        outcome = self._part(real.outcome)
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
        if not overlap:
            return placed
        scored = placed.treatment & placed.observed & identified(placed)
        if not scored.any():
            return placed
        # What cannot be scored is hidden, and not asked for either: imputing it would cost.
        hidden = np.where(placed.treatment & ~scored, np.nan, outcome)
        return replace(placed, outcome=hidden, treatment=scored)

    def _part(self, array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """A copy of these rows and columns; neighbouring columns, as mostly, by a slice."""
        first, last = int(self.periods[0]), int(self.periods[-1]) + 1
        if last - first == len(self.periods):
            return array[self.units, first:last]
        return array[np.ix_(self.units, self.periods)]


@dataclass(frozen=True, eq=False)
class Pool:
    """Placements of one kind.

    df: degrees of freedom their mean square is worth: exchangeable units or disjoint windows − 1
    construction: one sentence for people
    """

    placements: tuple[Placement, ...]
    df: int
    construction: str


def training_length(panel: Panel) -> int:
    """Pre-periods that come before any placed window."""
    return max(LEAST_TRAINING, int(panel.pre_periods.sum()) // 2)


def window_length(panel: Panel) -> int:
    """Periods of a window in the treated units' own past.

    As long as the longest run of treatment if four disjoint windows fit, else the longest of
    which four fit. Raises UnsupportedDesign when not even single periods do.
    """
    before = int(panel.pre_periods.sum())
    room = before - training_length(panel)
    if room < WINDOWS:
        raise UnsupportedDesign(
            f"placebos in the treated units' own past need {WINDOWS + LEAST_TRAINING} periods "
            f"before treatment; there are {before}"
        )
    longest = int(panel.treatment.sum(axis=1).max())
    return min(longest, room // WINDOWS)


def across_units(panel: Panel, count: int, seed: int) -> Pool:
    """Other units in the same periods (what the literature calls unit placebos)."""
    periods, controls = np.arange(len(panel.periods)), np.flatnonzero(panel.control_units)
    groups, total, df = _groups(panel, count, seed)
    rows = panel.treatment[panel.treated_units]
    placed = tuple(Placement(controls, periods, group, rows) for group in groups)
    return Pool(placed, df, f"{_number(placed, total)} of never-treated units, same periods")


def across_both(panel: Panel, count: int, seed: int) -> Pool:
    """Other units at earlier times."""
    before = int(panel.pre_periods.sum())
    shifts = range(1, before - training_length(panel) + 1)
    if not shifts:
        raise UnsupportedDesign(
            f"placebos at earlier times need more than {LEAST_TRAINING} periods before treatment; "
            f"there are {before}"
        )
    periods, controls = np.arange(len(panel.periods)), np.flatnonzero(panel.control_units)
    rows = panel.treatment[panel.treated_units]
    groups, total, df = _groups(panel, count, seed)
    placed = tuple(
        Placement(controls, periods[: len(periods) - k], group, rows[:, k:])
        for group, k in _pairs(groups, total, list(shifts), count, seed)
    )
    number = _number(placed, total * len(shifts))
    text = f"{number} of never-treated units, 1 to {len(shifts)} periods earlier"
    return Pool(placed, df * max(1, len(shifts) // _longest(panel)), text)


def across_periods(panel: Panel, length: int) -> Pool:
    """The treated units at earlier times (what the literature calls time placebos)."""
    starts = _window_starts(panel, length)
    everyone, treated = np.arange(len(panel.units)), np.flatnonzero(panel.treated_units)
    placed = tuple(_window(everyone, treated, start, length) for start in starts)
    text = f"all {len(placed)} windows of {length} periods in the treated units' own past"
    return Pool(placed, _disjoint(panel, length) - 1, text)


def controls_before(panel: Panel, length: int, count: int, seed: int) -> Pool:
    """Never-treated units in the windows of across_periods."""
    controls = np.flatnonzero(panel.control_units)
    groups, total, df = _groups(panel, count, seed)
    starts = _window_starts(panel, length)
    placed = tuple(
        _window(controls, group, start, length)
        for group, start in _pairs(groups, total, starts, count, seed)
    )
    number = _number(placed, total * len(starts))
    text = f"{number} of never-treated units, windows of {length} periods"
    return Pool(placed, df * _disjoint(panel, length), text)


def dealt(panel: Panel, count: int, seed: int, *, units: bool, periods: bool) -> Pool:
    """On/off patterns: rows dealt to other units, columns rotated, or both."""
    n, m = panel.treatment.shape
    rng = np.random.default_rng([seed, units, periods])
    everyone, always = np.arange(n), np.arange(m)
    shifts = np.arange(1, m) if periods else np.zeros(1, dtype=np.intp)
    if units:
        shifts = rng.choice(shifts, size=count)
    elif len(shifts) > count:
        shifts = np.sort(rng.choice(shifts, size=count, replace=False))
    placed = []
    for shift in shifts:
        # Unit j gets the row of unit order[j]: row i goes to the place of i in that order.
        places = np.argsort(rng.permutation(n)) if units else everyone
        placed.append(Placement(everyone, always, places, panel.treatment, int(shift)))
    how = {
        (True, False): "rows of the pattern dealt to other units, same periods",
        (False, True): "the pattern rotated in time, same units",
        (True, True): "the pattern rotated in time and dealt to other units",
    }[units, periods]
    df = min(len(placed), n) - 2 if units else min(len(placed), m) - 2
    return Pool(tuple(placed), df, f"{len(placed)} draws: {how}")


def _groups(panel: Panel, count: int, seed: int) -> tuple[list[IntArray], int, int]:
    """Groups of never-treated units as large as the treated one: all when few, else sampled."""
    controls = np.flatnonzero(panel.control_units)
    size = int(panel.treated_units.sum())
    if len(controls) < size + 2:
        raise UnsupportedDesign(
            f"placebos across units need {size + 2} never-treated units for {size} treated; "
            f"there are {len(controls)}"
        )
    total = comb(len(controls), size)
    if total <= count:
        groups = [np.array(group) for group in combinations(controls, size)]
    else:
        rng = np.random.default_rng([seed, size])
        groups = [np.sort(rng.choice(controls, size=size, replace=False)) for _ in range(count)]
    return groups, total, len(controls) - 1


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


def _window(units: IntArray, group: IntArray, start: int, length: int) -> Placement:
    """`units` up to the window's end, `group` among them treated in it."""
    treated = np.arange(start + length) >= start
    pattern = np.broadcast_to(treated, (len(group), start + length))
    return Placement(units, np.arange(start + length), group, pattern)


def _window_starts(panel: Panel, length: int) -> list[int]:
    return list(range(training_length(panel), int(panel.pre_periods.sum()) - length + 1))


def _disjoint(panel: Panel, length: int) -> int:
    return (int(panel.pre_periods.sum()) - training_length(panel)) // length


def _longest(panel: Panel) -> int:
    return int(panel.treatment.sum(axis=1).max())


def _number(placed: tuple[Placement, ...], total: int) -> str:
    if len(placed) == total:
        return f"all {total} placements"
    possible = str(total) if total < MANY else f"more than {MANY:,}"  # up to 10^6000 of them
    return f"{len(placed)} of {possible} placements"
