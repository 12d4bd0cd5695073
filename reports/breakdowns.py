"""The average effect taken apart: by cohort, by event time and by unit, for the page.

An estimate stores the breakdowns that say something about its design (see estimators/core/effect.py
for what they are); the page shows those that are there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.headline import headline
from reports.numbers import MINUS, number
from reports.rows import table_places
from storage.records import StoredResult

OPEN = 12  # cohorts that are shown without being asked for

WORDS = {
    "cohort": (
        "cohort",
        "Units with the same first and last treated period.",
    ),
    "event_time": (
        "event time",
        "Periods since treatment started: 0 is the first treated period, −1 the one before. Rows "
        "without treated cells are the lack of fit; later rows are about fewer units.",
    ),
    "unit": (
        "unit",
        "The treated cells of each unit.",
    ),
}


@dataclass(frozen=True)
class Breakdown:
    """One table: its title, what a group is, and whether it is open when the page is.

    rows: label, treated cells, observed, counterfactual and effect, as texts
    """

    title: str
    column: str
    note: str
    open: bool
    rows: tuple[tuple[str, str, str, str, str], ...]


def breakdowns(result: StoredResult) -> list[Breakdown]:
    """Of the estimate that is announced; none where nothing was stored."""
    estimate = headline(result).estimate
    stored = {} if estimate is None else estimate.diagnostics.get("effects_by") or {}
    places = table_places(result)
    return [
        Breakdown(
            title=f"Effects by {column}",
            column=column,
            note=note,
            open=by == "cohort" and len(stored[by]) <= OPEN,
            rows=tuple(_row(by, row, places) for row in stored[by]),
        )
        for by, (column, note) in WORDS.items()
        if stored.get(by)
    ]


def _row(by: str, row: Mapping[str, Any], places: int) -> tuple[str, str, str, str, str]:
    return (
        _label(by, row["label"]),
        f"{row['treated']:,}" if row["treated"] else "–",
        number(row["observed"], places),
        number(row["counterfactual"], places),
        number(row["effect"], places),
    )


def _label(by: str, label: Any) -> str:
    if by == "event_time":
        return str(label).replace("-", MINUS)
    if by == "cohort" and isinstance(label, Sequence) and not isinstance(label, str):
        first, last = label
        return str(first) if first == last else f"{first} to {last}"
    return str(label)
