"""One label of a period: which kind it is, and its place in the count of that kind.

    whole number   itself                    ISO week   weeks since the Monday of year 1
    month          12 × year + month − 1     date       days, as `date.toordinal` counts them
    quarter        4 × year + quarter − 1

studies/calendar.py says which grid many labels lie on, studies/spans.py which days one covers.
"""

import re
from collections.abc import Callable
from datetime import date
from numbers import Integral

Label = int | str

KINDS = {
    "whole number": re.compile(r"[+-]?\d{1,15}"),
    "month": re.compile(r"(\d{4})-(\d{2})"),
    "quarter": re.compile(r"(\d{4})-?Q([1-4])"),
    "ISO week": re.compile(r"(\d{4})-?W(\d{2})"),
    "date": re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00(?::?00)?)?)?"),
}


def kind_of(label: Label) -> str | None:
    """Which of KINDS the label is; None for what is no period, as week 53 of a year of 52."""
    if isinstance(label, bool) or not isinstance(label, (str, Integral)):
        return None
    text = str(label)
    for kind, pattern in KINDS.items():
        if pattern.fullmatch(text):
            try:
                READ[kind](label)
            except ValueError:  # month 13, 30 February, week 53 of a year that has 52
                return None
            return kind
    return None


def _month(label: Label) -> int:
    year, month = _parts("month", label)
    return 12 * year + date(year, month, 1).month - 1


def _quarter(label: Label) -> int:
    year, quarter = _parts("quarter", label)
    return 4 * year + quarter - 1


def _week(label: Label) -> int:
    return date.fromisocalendar(*_parts("ISO week", label), 1).toordinal() // 7


def _parts(kind: str, label: Label) -> tuple[int, int]:
    found = KINDS[kind].fullmatch(str(label))
    if found is None:
        raise ValueError(f"{label!r} is not a {kind}")
    return int(found[1]), int(found[2])


def _spelled_week(position: int) -> str:
    year, week, _ = date.fromordinal(7 * position + 1).isocalendar()
    return f"{year:04d}-W{week:02d}"


READ: dict[str, Callable[[Label], int]] = {
    "whole number": int,
    "month": _month,
    "quarter": _quarter,
    "ISO week": _week,
    "date": lambda label: date.fromisoformat(str(label)[:10]).toordinal(),
}
SPELLED: dict[str, Callable[[int], str]] = {
    "whole number": str,
    "month": lambda position: f"{position // 12:04d}-{position % 12 + 1:02d}",
    "quarter": lambda position: f"{position // 4:04d}-Q{position % 4 + 1}",
    "ISO week": _spelled_week,
    "date": lambda position: date.fromordinal(position).isoformat(),
}
