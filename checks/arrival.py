"""Whether the data have arrived: every unit of the panel has a row in every period that is needed.

An empty outcome says that somebody looked and found nothing, so it counts as a row; but a period
of which less is observed than the plan requires has not arrived: tables are often laid out before
they are filled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

NAMED = 3  # units and periods in a sentence; all of them are in the details


@dataclass(frozen=True)
class Missing:
    """What has not arrived. cells: by period, the units without a row, or without an outcome."""

    cells: Mapping[str, tuple[str, ...]]
    units: int

    def __bool__(self) -> bool:
        return bool(self.cells)

    @property
    def text(self) -> str:
        """What is missing, in words."""
        told = [f"{period}: {self._who(units)}" for period, units in self.cells.items()]
        more = len(told) - NAMED
        return "; ".join(told[:NAMED]) + (f"; and {more} more periods" if more > 0 else "")

    def _who(self, units: Sequence[str]) -> str:
        if len(units) == self.units:
            return "all units"
        more = f" and {len(units) - NAMED} more" if len(units) > NAMED else ""
        return f"{len(units)} of {self.units} units ({', '.join(units[:NAMED])}{more})"


def missing(rows: pd.DataFrame, periods: Sequence[int | str], observed: float) -> Missing:
    """What of these periods has not arrived.

    rows: of the panel      periods: labels as the rows have them      observed: share required
    """
    units = sorted(str(unit) for unit in rows["unit"].unique())
    found: dict[str, tuple[str, ...]] = {}
    for period in periods:
        there = rows[rows["period"] == period]
        without_row = set(units) - {str(unit) for unit in there["unit"]}
        seen = {str(unit) for unit in there["unit"][there["observed"]]}
        empty = set(units) - seen if len(seen) < observed * len(units) else set()
        if absent := without_row | empty:
            found[str(period)] = tuple(sorted(absent))
    return Missing(found, len(units))
