"""A result computed again because its data had changed: what had, and the old and new answers."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from reports.names import closed, estimator_label
from reports.numbers import interval, number, percent, places_for
from reports.plain_text import text as _text
from storage.records import StoredResult
from storage.restatements import Answered, Cell, Restatement

SHOWN = 20  # cells on a page or in a terminal; JSON has all that were listed


def to_json(result: StoredResult) -> dict[str, Any] | None:
    """The older version, what changed since, cell by cell, and both answers; None: nothing did."""
    found = result.restated
    if found is None:
        return None
    return {
        "since": found.version,
        **restatement_to_json(found.restatement),
        "linked": {name: restatement_to_json(one) for name, one in found.linked.items()},
        "answers": [
            {"estimator": one.estimator, "old": _numbers(one.old), "new": _numbers(one.new)}
            for one in found.answers
        ],
    }


def restatement_to_json(found: Restatement) -> dict[str, Any]:
    """Counts, weights, and the cells that were listed."""
    counts = asdict(found)
    counts["by_what"] = dict(found.by_what)
    counts["cells"] = [asdict(cell) for cell in found.cells]
    return counts


def sentence(result: StoredResult) -> str:
    """What changed since the older version; empty when this is no answer to a restatement."""
    if result.restated is None:
        return ""
    since = f"{result.study}@{result.restated.version}"
    return closed(f"Since {since}: {result.restated.text}")


def cell_rows(
    cells: Sequence[Cell], most: int = SHOWN
) -> list[tuple[str, str, str, str, str, str]]:
    """Unit, period, what, old, new, relative change: of the first cells, as text."""
    shown = cells[:most]
    places = places_for([], [value for cell in shown for value in (cell.old, cell.new)])
    return [
        (
            cell.unit,
            str(cell.period),
            cell.what,
            number(cell.old, places),
            number(cell.new, places),
            "–" if cell.relative is None else percent(cell.relative),
        )
        for cell in shown
    ]


def answer_rows(answers: Sequence[Answered]) -> list[tuple[str, str, str, str, str]]:
    """Estimator, old effect and interval, new effect and interval, as text."""
    ends = [value for one in answers for value in (*one.old, *one.new)]
    places = places_for([], ends)
    return [
        (
            estimator_label(one.estimator),
            number(one.old[0], places),
            interval(*one.old[1:], places),
            number(one.new[0], places),
            interval(*one.new[1:], places),
        )
        for one in answers
    ]


def cells_table(cells: Sequence[Cell]) -> Table:
    """The first cells for a terminal."""
    heads = ("unit", "period", "what", "old", "new", "change")
    return _table(heads, cell_rows(cells), left=3)


def restated_lines(result: StoredResult) -> list[RenderableType]:
    """For a terminal, under a result: what changed, and old and new answers side by side."""
    found = result.restated
    if found is None:
        return []
    heads = ("", f"@{found.version}", "interval", f"@{result.version}", "interval")
    return [
        Text(""),
        _text(sentence(result), "yellow"),
        cells_table(found.cells),
        Text(""),
        _table(heads, answer_rows(found.answers), left=1),
    ]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for place, head in enumerate(heads):
        table.add_column(_text(head), justify="left" if place < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(_text, row))
    return table


def _numbers(said: tuple[float | None, float | None, float | None]) -> dict[str, float | None]:
    return dict(zip(("att", "ci_low", "ci_high"), said, strict=True))
