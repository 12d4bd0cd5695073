"""Which periods are over. A period is closed once the date is later than its last day.

Dates decide, not hours: a day of 23 or 25 hours ends when the date changes, a week when its Sunday
is over, also the 53rd of a year. An hour that a clock jumps back at midnight opens the last day
once more, and nothing else. Whole numbers are known to no clock: all of them are closed.
"""

from collections.abc import Sequence
from datetime import date

from studies.calendar import grid_of
from studies.period_labels import Label
from studies.spans import Dates, Span, spans


def closed(labels: Sequence[Label], today: date, dates: Dates = "auto") -> list[Label]:
    """Those of a panel's labels whose periods are over, in the order given.

    dates: as studies.spans reads them. Raises InvalidPeriods for labels that make no grid.
    """
    found = spans(labels, dates)
    return [label for label in labels if _is_over(found[label], today)]


def behind(labels: Sequence[Label], today: date, dates: Dates = "auto") -> int | None:
    """How many periods are over that come after a panel's last; None where no clock knows them.

    Raises as closed does.
    """
    found = spans(labels, dates)
    if not found or next(iter(found.values())).clock == "numbers":
        return None
    newest = max(found.values(), key=lambda span: span.last)
    length = newest.last - newest.first + 1
    shortest = max(1, length - length // 8)  # February is a month, too
    most = max(0, today.toordinal() - newest.last) // shortest + 1
    return sum(
        _is_over(span, today) and span.first > newest.last
        for span in spans(continued(labels, most), dates).values()
    )


def continued(labels: Sequence[Label], count: int) -> list[Label]:
    """The labels, and so many more as the grid goes on after the last."""
    grid = grid_of(labels)
    last = max(grid.positions.values())
    return [*labels, *(_like(labels[0], grid.spelled(last + k * grid.step))
                       for k in range(1, count + 1))]  # fmt: skip


def _like(label: Label, spelled: str) -> Label:
    return int(spelled) if isinstance(label, int) else spelled


def _is_over(span: Span, today: date) -> bool:
    return span.clock == "numbers" or span.last < today.toordinal()
