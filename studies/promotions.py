"""A promotion: what was promoted where and when, as the promotion calendar has it.

`start` and `end` are as planned, `actual_start` and `actual_end` as it went, once known. They are
labels as people write periods, all days or all whole numbers; midnight with any offset is the day
that is written. studies/placing.py puts them on a panel's grid.
"""

import hashlib
import json
import re
from collections import Counter
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from studies.errors import InvalidPeriods
from studies.part import Name, Part
from studies.spans import Span, span_of

MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?")

State = Literal["planned", "running", "ended", "cancelled", "undated"]


def _a_period(label: Any) -> Any:
    """The day of a midnight, however far that is from Greenwich; anything else as it is."""
    if label is None or isinstance(label, bool):
        return label
    if isinstance(label, str):
        found = MIDNIGHT.fullmatch(label.strip())
        label = found[1] if found else label.strip()
    try:
        span = span_of(label)
    except InvalidPeriods as error:
        raise ValueError(error.reason) from error
    return span.first if span.clock == "numbers" else label


def _as_text(label: Any) -> Any:
    """A unit as the rows of a panel spell it: 3 and 3.0 are the store "3"."""
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    return str(label) if isinstance(label, int | float) and not isinstance(label, bool) else label


Period = Annotated[str | int, BeforeValidator(_a_period)]
Unit = Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]


class Promotion(Part):
    """One entry of the promotion calendar.

    units: where      products, segments: what and to whom; empty: all
    """

    promotion: Name
    units: tuple[Unit, ...] = Field(min_length=1)
    products: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    start: Period
    end: Period
    actual_start: Period | None = None
    actual_end: Period | None = None
    cancelled: bool = False

    @field_validator("units", "products", "segments")
    @classmethod
    def _each_once(cls, listed: tuple[Any, ...]) -> tuple[Any, ...]:
        counts = Counter(listed)
        if twice := sorted(label for label, count in counts.items() if count > 1):
            raise ValueError(f"each may be listed once: {', '.join(twice)}")
        return listed

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Promotion":
        dates = (self.start, self.end, self.first, self.last)
        if len({span_of(label).clock for label in dates}) > 1:
            raise ValueError(
                f"start and end must be of one kind, all days or all whole numbers, not "
                f"{self.start}, {self.end}"
            )
        for what, first, last in (
            ("it ends", self.start, self.end),
            ("it actually ends", self.first, self.last),
        ):
            if span_of(last).last < span_of(first).first:
                raise ValueError(f"{what} ({last}) before it starts ({first})")
        return self

    @property
    def first(self) -> str | int:
        """When it started, where that is known; else when it was to start."""
        return self.start if self.actual_start is None else self.actual_start

    @property
    def last(self) -> str | int:
        """When it ended, where that is known; else when it was to end."""
        return self.end if self.actual_end is None else self.actual_end

    @property
    def span(self) -> Span:
        """From its first day to its last."""
        first, last = span_of(self.first), span_of(self.last)
        return Span(first.clock, first.first, last.last)

    def state(self, today: date) -> State:
        """Where it stands. undated: in whole numbers, which only a panel can place in time."""
        if self.cancelled:
            return "cancelled"
        if self.span.clock == "numbers":
            return "undated"
        if today.toordinal() < self.span.first:
            return "planned"
        return "running" if today.toordinal() <= self.span.last else "ended"

    def details(self) -> dict[str, Any]:
        """All but its name, units in order: what is stored."""
        found = self.model_dump(mode="json", exclude={"promotion"})
        for name in ("units", "products", "segments"):
            found[name] = sorted(found[name])
        return found

    def sha256(self) -> str:
        """Identity of what is stored: the order of units is no part of it."""
        text = json.dumps(self.details(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()
