"""Periods in time order: from the labels people write to whole numbers that count time.

A panel's periods must lie on a regular grid: the distance between neighbours is the same
everywhere. These labels are understood, one kind per panel:

    3, "3", 1989       whole numbers and years, with any constant step
    2024-03            months
    2024-Q3            quarters
    2024-W09           ISO weeks; a year has 52 or 53 of them
    2024-03-31         dates: daily, every n days, weekly, monthly (the same day of each month,
                       or its last), quarterly or yearly; midnight may follow, as databases
                       write timestamps

The step is the commonest distance between neighbours when most labels lie on its grid; labels
beside it are refused by name, which finds the week that slipped by a day. Otherwise it is the
greatest common divisor of the distances, and what is absent from that grid is missing.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import gcd

from studies.errors import InvalidPeriods
from studies.period_labels import READ, SPELLED, Label, kind_of

MONTHLY = "monthly date"
SHORTEST_MONTH = 27  # days between monthly dates, one of which may have slipped
MOST_MISSING = 100_000  # more absent periods than this is a misread column, not a gap


@dataclass(frozen=True)
class Grid:
    """Where labels lie: position of each label, distance of neighbours, and the way back.

    kind: of the labels, as studies.period_labels has it; `monthly date` where months are counted
    """

    kind: str
    positions: dict[Label, int]
    step: int
    spelled: Callable[[int], str]


def ordinals(labels: Iterable[Label]) -> list[int]:
    """One whole number per label, in the order given; neighbours on the grid differ by one.

    A label may come more than once. Raises InvalidPeriods, which names the labels that are no
    period, lie beside the grid, or mean the same period as another.
    """
    labels = list(labels)
    grid = grid_of(labels)
    return [grid.positions[label] // grid.step for label in labels]


def missing_between(labels: Iterable[Label]) -> list[str]:
    """The labels of the grid, between the first and the last, that are absent.

    Raises InvalidPeriods as ordinals does, and when so many are absent that the column cannot
    be a count of periods.
    """
    grid = grid_of(list(labels))
    present = set(grid.positions.values())
    if not present:
        return []
    first, last = min(present), max(present)
    absent = (last - first) // grid.step + 1 - len(present)
    if absent > MOST_MISSING:
        raise InvalidPeriods(
            f"only {len(present)} of {absent + len(present)} periods between "
            f"{grid.spelled(first)} and {grid.spelled(last)} are there; is this the period column?"
        )
    if absent == 0:
        return []
    return [
        grid.spelled(position)
        for position in range(first, last + 1, grid.step)
        if position not in present
    ]


def grid_of(labels: Sequence[Label]) -> Grid:
    """The grid of these labels. Raises InvalidPeriods as ordinals does."""
    distinct = list(dict.fromkeys(labels))
    kind = _kind(distinct)
    positions = {label: READ[kind](label) for label in distinct}
    spelled = SPELLED[kind]
    if kind == "date":
        kind, positions, spelled = _months_if_monthly(positions)
    _refuse_twins(positions)
    return Grid(kind, *_stepped(positions), spelled=spelled)


def _kind(labels: Sequence[Label]) -> str:
    """The one kind all labels are of; the fewer ones of another kind are refused."""
    kinds = {label: kind_of(label) for label in labels}
    unreadable = [label for label, kind in kinds.items() if kind is None]
    if unreadable:
        raise InvalidPeriods(
            "no period; write whole numbers, 2024, 2024-03, 2024-Q3, 2024-W09 or 2024-03-31",
            unreadable,
        )
    counts = Counter(kinds.values())
    if len(counts) > 1:
        common = counts.most_common(1)[0][0]
        others = [label for label, kind in kinds.items() if kind != common]
        raise InvalidPeriods(
            f"not a {common} as the other periods are; use one kind of label",
            others,
        )
    return next(iter(kinds.values()), None) or "whole number"


def _months_if_monthly(
    days: dict[Label, int],
) -> tuple[str, dict[Label, int], Callable[[int], str]]:
    """Months counted instead of days when dates are the same day of their months.

    "The same" allows for short months: the 31st is the last day of all of them. Raises
    InvalidPeriods when most dates are, and the others are too far apart to be days or weeks.
    """
    dates = {label: date.fromordinal(day) for label, day in days.items()}
    distances = [later - earlier for earlier, later in pairwise(sorted(set(days.values())))]
    if min(distances, default=0) < SHORTEST_MONTH:
        return "date", days, SPELLED["date"]

    def of_month(chosen: int, year: int, month: int) -> date:
        return date(year, month, min(chosen, monthrange(year, month)[1]))

    def beside(chosen: int) -> list[Label]:
        return [k for k, day in dates.items() if day != of_month(chosen, day.year, day.month)]

    chosen = min(sorted({day.day for day in dates.values()}), key=lambda day: len(beside(day)))
    slipped = beside(chosen)
    every_n_days = gcd(*distances) == min(distances)
    if slipped and (every_n_days or 2 * len(slipped) >= len(dates)):
        return "date", days, SPELLED["date"]
    if slipped:
        raise InvalidPeriods(
            "beside the grid of the other periods, which are months apart",
            slipped,
        )
    months = {label: 12 * day.year + day.month - 1 for label, day in dates.items()}
    return (
        MONTHLY,
        months,
        lambda month: of_month(chosen, month // 12, month % 12 + 1).isoformat(),
    )


def _refuse_twins(positions: dict[Label, int]) -> None:
    counts = Counter(positions.values())
    twins = [label for label, position in positions.items() if counts[position] > 1]
    if twins:
        raise InvalidPeriods("several labels mean the same period", twins)


def _stepped(positions: dict[Label, int]) -> tuple[dict[Label, int], int]:
    """Positions and the step between neighbours on their grid, which all of them lie on."""
    ordered = sorted(positions.values())
    distances = Counter(later - earlier for earlier, later in pairwise(ordered))
    if not distances:
        return positions, 1
    step = min(distances, key=lambda distance: (-distances[distance], distance))
    residue = Counter(position % step for position in ordered).most_common(1)[0][0]
    beside = [label for label, position in positions.items() if position % step != residue]
    if 2 * len(beside) < len(ordered) and beside:
        beside.sort(key=positions.__getitem__)
        raise InvalidPeriods(
            f"beside the grid of the other periods, which are {step} apart",
            beside,
        )
    return positions, gcd(*distances)
