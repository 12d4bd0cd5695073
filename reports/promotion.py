"""Where the promotion of a study lies in its panel, in sentences: what was done, what to know.

The run says them while it works, the page and the terminal show them, `--json` has the values.
"""

from collections.abc import Sequence
from typing import Any

from estimators.core.panel import listed
from reports.names import counted
from storage.placing import to_json as stored
from studies.placing import Cell, Overlap, Placed

OVERLAPS = 5  # other promotions spelled out


def placed_sentence(placed: Placed) -> str:
    """Which promotion, in how many units and periods, and where its treated cells come from."""
    source = "the calendar" if placed.treated == "calendar" else "the panel"
    after = len({period for _, period in placed.after})
    return (
        f"Promotion {placed.promotion}, version {placed.version} of the calendar: "
        f"{counted(len(placed.units), 'unit')}, {_periods(placed.periods)}; treated cells as "
        f"{source} has them."
        + (
            f" {counted(after, 'period')} after its end {_are(after)} kept apart and never data."
            if after
            else ""
        )
    )


def remarks(placed: Placed) -> list[str]:
    """What a reader of the result has to know: one sentence each, none where all is well."""
    said = []
    if placed.unknown:
        count = len(placed.unknown)
        said.append(
            f"{counted(count, 'unit')} of the promotion {_are(count)} not in the panel: "
            f"{listed(placed.unknown)}."
        )
    if placed.partly:
        said.append(
            f"Covered only in part, and treated as a whole: {listed(placed.partly)}; the effect "
            "there is that of fewer days."
        )
    if placed.running:
        said.append(
            "The promotion goes on after the panel's last period: this is the effect as far as "
            "the data go."
        )
    if placed.after_missing:
        said.append(
            f"{counted(placed.after_missing, 'period')} of those after the end "
            f"{_are(placed.after_missing)} not in the panel yet."
        )
    largest = sorted(placed.overlaps, key=lambda one: (-one.shared, -one.cells))
    said += [_overlap(one, placed) for one in largest[:OVERLAPS]]
    if others := largest[OVERLAPS:]:
        cells = sum(one.cells for one in others)
        said.append(
            f"{counted(len(others), 'other promotion')} {_cover(len(others))} "
            f"{counted(cells, 'cell')} more; --json lists them."
        )
    return said + _differences(placed)


def to_json(placed: Placed | None) -> dict[str, Any] | None:
    """The values that were stored, and the remarks; null where the study names no promotion."""
    values = stored(placed)
    return None if placed is None or values is None else values | {"remarks": remarks(placed)}


def _overlap(one: Overlap, placed: Placed) -> str:
    done = "not observed, as the plan says" if placed.excluded else "kept, as the plan says"
    said = (
        f"Promotion {one.promotion} (version {one.version}) covers {counted(one.cells, 'cell')} "
        f"of the panel, {listed(one.units)} in {_periods(one.periods)}: {done}."
    )
    if one.shared and not placed.excluded:
        said += (
            f" {counted(one.shared, 'cell')} of them {_are(one.shared)} treated by both, and the "
            "effect there is that of both together."
        )
    return said


def _differences(placed: Placed) -> list[str]:
    used = "the calendar" if placed.treated == "calendar" else "the panel"
    pairs = (
        (placed.calendar_only, "under promotion by the calendar, but not treated in the panel"),
        (placed.panel_only, "treated in the panel, but not under promotion by the calendar"),
    )
    return [
        f"{counted(len(cells), 'cell')} {_are(len(cells))} {what}: {listed(_cells(cells))}; "
        f"{used} was followed."
        for cells, what in pairs
        if cells
    ]


def _cells(cells: Sequence[Cell]) -> list[str]:
    return [f"({unit}, {period})" for unit, period in cells]


def _periods(periods: Sequence[object]) -> str:
    if len(periods) == 1:
        return str(periods[0])
    return f"{counted(len(periods), 'period')}, {periods[0]} to {periods[-1]}"


def _cover(count: int) -> str:
    return "covers" if count == 1 else "cover"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
