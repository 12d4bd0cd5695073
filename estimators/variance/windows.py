"""Windows in time: where single runs of treatment are placed in the treated units' own past.

A window is h neighbouring periods in which the treated units are untreated and pretended to be
treated. It is predicted in the way the treatment itself is:

    forecast        from what came before it; the panel ends with the window
    interpolation   from what came before it and after it; the panel stays whole

Forecasts match a treatment that lasts to the end of the panel. They are the honest ones under
serial correlation: with neighbours on both sides a gap is easier to fill than the future is to
foresee. Interpolation matches a run that ends with periods after it. At least k = max(3, ⌊T₀/3⌋)
of the T₀ periods before treatment come before any window.

Never-treated units are placed in the same windows, crossed: every group chosen in every window
chosen, so that groups can be compared over the same windows and windows over the same groups.

This is this project's construction.
"""

from dataclasses import dataclass
from math import isqrt
from typing import Literal

import numpy as np

from estimators.core.designs import pattern
from estimators.core.draws import chosen_by_label
from estimators.core.errors import UnsupportedDesign
from estimators.core.panel import IntArray, Panel, listed
from estimators.core.placements import (
    LEAST_TRAINING,
    Placement,
    Pool,
    control_groups,
    numbered,
    pattern_rows,
)

TimePlacebos = Literal["auto", "forecast", "interpolation"]
Style = Literal["forecast", "interpolation"]
ENOUGH = 8  # disjoint windows to aim at: longer ones are too few to judge noise by
FEWEST = 4  # single periods that the treated units' own past must offer
TRAINING = 3  # one period in so many comes before any window


@dataclass(frozen=True)
class Windows:
    """Windows of one panel.

    starts: first period of each, ascending      length: periods of each
    style: how they are predicted                training: periods that come before any of them
    carries: whether they are as long as the treatment, and wear its rows
    """

    starts: tuple[int, ...]
    length: int
    style: Style
    training: int
    carries: bool

    @property
    def text(self) -> str:
        """How they are predicted, for people."""
        periods = "1 period" if self.length == 1 else f"{self.length} periods"
        if self.style == "forecast":
            return f"windows of {periods}, forecast from at least {self.training} before them"
        return f"windows of {periods}, interpolated from those before and after them"


def style_for(panel: Panel, asked: TimePlacebos) -> Style:
    """The style asked for, or that which matches the design.

    Raises UnsupportedDesign where forecasts are asked for and treatment goes on and off.
    """
    design = pattern(panel)
    if design == "on_off" and asked == "forecast":
        raise UnsupportedDesign(
            f"time placebos that forecast need a past before a single run of treatment; here it "
            f"goes on and off in {int(panel.treated_units.sum())} treated units "
            f"({listed([panel.units[i] for i in np.flatnonzero(panel.treated_units)])}); use "
            f"time_placebos: interpolation or auto"
        )
    if asked != "auto":
        return asked
    goes_on = bool(panel.treatment[:, -1].any())
    return "forecast" if goes_on else "interpolation"


def training_length(panel: Panel) -> int:
    """Periods before any window."""
    return max(LEAST_TRAINING, int(panel.pre_periods.sum()) // TRAINING)


def windows(panel: Panel, asked: TimePlacebos = "auto") -> Windows:
    """As long as the treatment if eight disjoint ones fit, else the longest of which eight fit.

    Raises UnsupportedDesign when not even four single periods do.
    """
    style, training = style_for(panel, asked), training_length(panel)
    total, before = len(panel.periods), int(panel.pre_periods.sum())
    after = total - 1 - int(np.flatnonzero(panel.treatment.any(axis=0))[-1])
    rooms = [(training, before)]
    if style == "interpolation" and after:
        rooms.append((total - after, total))
    if sum(max(0, stop - first) for first, stop in rooms) < FEWEST:
        raise UnsupportedDesign(_too_few(panel, style, training, rooms))
    longest = int(panel.treatment.sum(axis=1).max())
    fitting = (
        length
        for length in range(longest, 1, -1)
        if sum(max(0, stop - first) // length for first, stop in rooms) >= ENOUGH
    )
    length = next(fitting, 1)
    starts = [start for first, stop in rooms for start in range(first, stop - length + 1)]
    carries = length == longest and pattern(panel) == "block"
    return Windows(tuple(starts), length, style, training, carries)


def own_windows(panel: Panel, found: Windows, count: int) -> Pool:
    """The treated units in the windows (what the literature calls time placebos)."""
    everyone = np.arange(len(panel.units))
    treated = chosen_by_label(panel.treated_units, panel.units)
    chosen = evenly(len(found.starts), count)
    placed = tuple(_window(panel, found, everyone, treated, int(k)) for k in chosen)
    number = numbered(len(placed), len(found.starts))
    text = f"{number} of the treated units in their own past: {found.text}"
    return Pool(placed, np.zeros(len(placed), dtype=np.intp), chosen, text)


def control_windows(panel: Panel, found: Windows, count: int, seed: int) -> Pool:
    """Never-treated units in the windows, crossed."""
    controls = np.flatnonzero(panel.control_units)
    groups, total = control_groups(panel, count, seed)
    many, chosen = crossing(total, len(found.starts), count)
    if many < len(groups):  # sampled ones are in no order; of enumerated ones some are drawn
        some = np.random.default_rng([seed, total]).permutation(len(groups))[:many]
        groups = [groups[g] for g in np.sort(some)]
    placed = tuple(
        _window(panel, found, controls, group, int(k)) for group in groups for k in chosen
    )
    number = numbered(len(placed), total * len(found.starts))
    text = f"{number} of never-treated units: {found.text}"
    labels = np.indices((len(groups), len(chosen))).reshape(2, -1)
    return Pool(placed, labels[0], chosen[labels[1]], text)


def crossing(groups: int, times: int, count: int) -> tuple[int, IntArray]:
    """How many groups, and which times (spread evenly), so that every pair is placed.

    All when that is at most `count`; else all times if as many groups are left, else as many
    times as groups.
    """
    if groups * times <= count:
        return groups, np.arange(times)
    chosen = evenly(times, max(isqrt(count), count // groups))
    return min(groups, count // len(chosen)), chosen


def evenly(many: int, count: int) -> IntArray:
    """At most `count` of the positions 0, …, many − 1, spread evenly."""
    return np.unique(np.linspace(0, many - 1, min(many, count)).round().astype(np.intp))


def _window(
    panel: Panel, found: Windows, units: IntArray, group: IntArray, which: int
) -> Placement:
    start, stop = found.starts[which], found.starts[which] + found.length
    last = stop if found.style == "forecast" else len(panel.periods)
    inside = (np.arange(last) >= start) & (np.arange(last) < stop)
    pattern = np.broadcast_to(inside, (len(group), last))
    rows, unseen = pattern_rows(panel)
    if not found.carries or unseen is None:
        return Placement(units, np.arange(last), group, pattern)
    missing = np.zeros(pattern.shape, dtype=np.bool_)
    missing[:, start:stop] = unseen[:, rows[0]]
    return Placement(units, np.arange(last), group, pattern, unseen=missing)


def _too_few(panel: Panel, style: Style, training: int, rooms: list[tuple[int, int]]) -> str:
    before = int(panel.pre_periods.sum())
    if style == "forecast":
        return (
            f"placebos in the treated units' own past need {FEWEST + LEAST_TRAINING} periods "
            f"before treatment; there are {before} before {panel.periods[before]}; add earlier "
            f"periods"
        )
    there = sum(max(0, stop - first) for first, stop in rooms)
    return (
        f"placebos of the treated units at other times need {FEWEST} periods without treatment "
        f"after the first {training} ({panel.periods[0]} to {panel.periods[training - 1]}); there "
        f"are {there}; add periods"
    )
