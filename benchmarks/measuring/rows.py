"""Numbers of a benchmark beside what was promised, shown, or for `python -m benchmarks`."""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    """One number: what it is, what was measured, the most that was promised."""

    what: str
    measured: float
    unit: str
    promise: float | None = None

    @property
    def kept(self) -> bool:
        """Whether the promise, if there is one, was kept."""
        return self.promise is None or self.measured <= self.promise

    def __str__(self) -> str:
        small = self.measured != 0 and abs(self.measured) < 0.01
        amount = f"{self.measured:.3g}" if small else f"{self.measured:,.2f}"
        if (self.unit == "MB" and self.measured >= 10) or float(self.measured).is_integer():
            amount = f"{self.measured:,.0f}"
        promise = "" if self.promise is None else f"≤ {self.promise:g} {self.unit}".rstrip()
        mark = "" if self.kept else "   MISSED"
        return f"{self.what:62}{f'{amount} {self.unit}'.rstrip():>14}{promise:>14}{mark}".rstrip()


def in_seconds(what: str, measured: float, promise: float | None = None) -> Row:
    """One time."""
    return Row(what, round(measured, 3), "s", promise)


def line(found: Iterable[Row]) -> str:
    """For programs: all in one line, what `--json` prints."""
    return json.dumps([asdict(row) for row in found])


def rows_of(text: str) -> list[Row]:
    """What `line` wrote. Raises ValueError where it is something else."""
    try:
        return [Row(**row) for row in json.loads(text)]
    except TypeError as error:  # other fields, or no list of rows
        raise ValueError(f"no rows of a benchmark: {error}") from error


def tell(found: Iterable[Row]) -> None:
    """Print them; with --json, one line for programs."""
    if "--json" in sys.argv:
        print(line(found))
        return
    for row in found:
        print(row)
