"""Races in a terminal: readable at 80 columns, and without colour."""

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from estimators.race.standings import Standing
from reports.choice import choice_label, choice_sentences
from reports.names import closed
from reports.numbers import number
from reports.plain_text import text
from reports.race import (
    Line,
    design_words,
    heads,
    largest_error,
    lines,
    refusals,
    setting,
    title,
    verdict,
)
from storage.race_records import StoredRace
from storage.records import StoredResult

MARKS = {"best": "▸", "tied": "="}
KEY = "▸ errs least  = not told apart from it. RMSE and bias in the outcome’s own measure."


def race_table(races: Sequence[StoredRace]) -> RenderableType:
    """One table per design of each race, and who errs least there."""
    parts: list[RenderableType] = []
    for found in races:
        parts += [Text(""), text(title(found), "bold")]
        for design in found.standings:
            parts += [Text(""), *design_table(found, design)]
    return Group(*parts, Text(""), text(KEY, "dim"))


def choice_table(result: StoredResult) -> list[RenderableType]:
    """The primary estimator a rule chose, why, and the tables it rests on; nothing without one."""
    choice = result.choice
    if choice is None:
        return []
    parts: list[RenderableType] = [
        Text(""),
        text(f"Primary estimator by the plan’s rule: {choice_label(result)}", "bold"),
        *(text(sentence) for sentence in choice_sentences(choice)),
    ]
    if choice.race is not None:
        for design in choice.race.standings:
            parts += [Text(""), *design_table(choice.race, design)]
        parts.append(text(KEY, "dim"))
    return parts


def design_table(found: StoredRace, design: str) -> list[RenderableType]:
    """What one design came to."""
    standings = found.standings[design]
    return [
        text(f"{_capital(design_words(design))}"),
        text(setting(found, design), "dim"),
        _table(heads(standings), lines(standings)),
        text(verdict(standings), "bold"),
        text(_errors(standings), "dim"),
        *(text(f"Refused, {who}: {closed(why)}", "yellow") for who, why in refusals(standings)),
    ]


def _table(shown: Sequence[str], rows: Sequence[Line]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for head in shown:
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        style = "bold" if row.mark == "best" else ""
        cells = (value for value, _ in row.cells)
        name = Text(f"{MARKS.get(row.mark, ' ')} ").append_text(text(row.label))
        table.add_row(name, *cells, style=style)
    return table


def _errors(standings: Sequence[Standing]) -> str:
    """Of each number, the largest Monte-Carlo error."""
    relative = largest_error(standings, "relative")
    covered = max(
        (
            one.coverage.error or 0.0
            for standing in standings
            for one in standing.intervals.values()
            if one.coverage is not None
        ),
        default=0.0,
    )
    said = f"Monte-Carlo errors, at most: × best ± {number(relative, 2)}"
    return f"{said}, covered ± {number(covered, 2)}." if covered else f"{said}."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
