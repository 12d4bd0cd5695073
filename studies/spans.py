"""Which days a label covers: what a promotion's dates and a panel's periods have in common.

    2024-W09 Monday to Sunday      2024-03, 2024-Q3 all of it      2024-03-31 that day
    17       the whole number 17, which no clock knows: numbers are compared with numbers only

On the grid of a panel a period lasts until the next one begins: 2024-03-04 in a weekly panel
covers 2024-03-04..2024-03-10. Dates that are all ends of months say the months that they end.
`dates: last_day` reads the others so, too: weeks named after their Saturday.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date
from typing import Literal

from studies.calendar import MONTHLY, Grid, grid_of
from studies.errors import InvalidPeriods
from studies.period_labels import READ, Label, kind_of

Clock = Literal["days", "numbers"]
Dates = Literal["auto", "first_day", "last_day"]

WEEK_53 = re.compile(r"(\d{4})-?W53")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")
READABLE = "write 2024-03-31, 2024-W09, 2024-03, 2024-Q3, or a whole number"


@dataclass(frozen=True)
class Span:
    """From the first day to the last, both covered; or numbers, where no clock knows them.

    first, last: as `date.toordinal` counts days
    """

    clock: Clock
    first: int
    last: int

    @property
    def counts(self) -> str:
        """What it is counted in, for people."""
        return "whole numbers" if self.clock == "numbers" else "days"

    def meets(self, other: "Span") -> bool:
        """Whether some day is in both."""
        return self.clock == other.clock and self.first <= other.last and other.first <= self.last

    def within(self, other: "Span") -> bool:
        """Whether no day is outside the other."""
        return self.clock == other.clock and other.first <= self.first <= self.last <= other.last


def span_of(label: Label) -> Span:
    """What one label covers by itself. Raises InvalidPeriods, saying what is wrong with it."""
    kind = kind_of(label)
    if kind is None:
        raise InvalidPeriods(_why_none(str(label)), [label])
    position = READ[kind](label)
    if kind == "whole number":
        return Span("numbers", position, position)
    return Span("days", _begins(kind, position), _begins(kind, position + 1) - 1)


def spans(labels: Sequence[Label], dates: Dates = "auto") -> dict[Label, Span]:
    """What each period of a panel covers, in time order.

    Raises InvalidPeriods as studies.calendar does.
    dates: whether a date is the first day of its period or the last; auto: the last where all are
        ends of months, else the first
    """
    grid = grid_of(labels)
    if grid.kind == "whole number":
        return {
            label: Span("numbers", number, number + grid.step - 1)
            for label, number in _in_order(grid)
        }
    last = dates == "last_day" or (dates == "auto" and _all_end_months(grid))
    ends_here = last and grid.kind in ("date", MONTHLY)
    return {
        label: _until_here(grid, position) if ends_here else _until_next(grid, position)
        for label, position in _in_order(grid)
    }


def _in_order(grid: Grid) -> list[tuple[Label, int]]:
    return sorted(grid.positions.items(), key=lambda one: one[1])


def _until_next(grid: Grid, position: int) -> Span:
    first, after = (_begin_on(grid, place) for place in (position, position + grid.step))
    return Span("days", first, after - 1)


def _until_here(grid: Grid, position: int) -> Span:
    before, last = (_begin_on(grid, place) for place in (position - grid.step, position))
    if grid.kind == MONTHLY and _all_end_months(grid):
        before = _begins("month", position - grid.step + 1) - 1  # 30 April: all of May is later
    return Span("days", before + 1, last)


def _begin_on(grid: Grid, position: int) -> int:
    return span_of(grid.spelled(position)).first


def _all_end_months(grid: Grid) -> bool:
    if grid.kind != MONTHLY:
        return False
    days = (date.fromisoformat(str(label)[:10]).toordinal() for label in grid.positions)
    return all(date.fromordinal(day + 1).day == 1 for day in days)


def _begins(kind: str, position: int) -> int:
    """The first day of a month, quarter, week or date, by its place in the count of its kind."""
    if kind == "quarter":
        return _begins("month", 3 * position)
    if kind == "month":
        year, month = divmod(position, 12)
        after = date.max.toordinal() + 1  # what follows December 9999
        return after if year > MAXYEAR else date(year, month + 1, 1).toordinal()
    return 7 * position + 1 if kind == "ISO week" else position


def _why_none(text: str) -> str:
    if found := WEEK_53.fullmatch(text):
        return f"{found[1]} has 52 weeks; its last is {found[1]}-W52"
    if MOMENT.fullmatch(text):
        return (
            "a moment within a day, or no moment there is; write the day as the stores count it, "
            "as in 2024-03-31"
        )
    return f"no period; {READABLE}"
