"""Results in a terminal: readable at 80 columns, and without colour.

Labels come from the user's data. They are shown as text, never read as markup, and characters
that would steer the terminal are replaced.
"""

from collections.abc import Sequence
from datetime import UTC

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reports import pins
from reports.account_table import account_lines
from reports.choice import named
from reports.decisions import decided_lines, decision_phrase
from reports.diagnostics import diagnoses
from reports.evidence import favoured_sentence
from reports.headline import kinds
from reports.impact import impact_sentence, lifts
from reports.names import closed, variance_label
from reports.numbers import interval, number, percent, places_for, places_that_keep_signs
from reports.pattern import dropped_sentence
from reports.plain_text import text as _text
from reports.promotion import placed_sentence, remarks
from reports.race_tables import choice_table
from reports.registered import promotion_sentence, registered_sentence
from reports.restatements import restated_lines
from reports.rows import Cell, Row, refusals, refused_count, rows
from reports.sentences import answer
from storage.records import ResultSummary, StoredResult

MARK = "▸"
ABREAST = 4  # kinds in one table of 80 columns


def result_table(result: StoredResult) -> RenderableType:
    """The question, estimators × kinds of inference, refusals in full sentences, the answer."""
    level = percent(result.plan.inference.level)
    caption = (
        f"Effect in {result.plan.measure}; standard error and {level} interval by what is held "
        f"fixed. {MARK} {named(result)}."
    )
    parts: list[RenderableType] = [
        Text(""),
        _text(f"{result.study}, version {result.version}", "dim"),
        *(_text(one, "yellow") for one in pins.sentences(result)),
        _text(result.plan.question, "bold"),
        *account_lines(result),
        *_estimates(result),
        _text(caption, "dim"),
    ]
    parts += choice_table(result)
    parts += _remarks(result)
    refused = refusals(result)
    if refused:
        parts.append(Text(f"\n{refused_count(result)}:", style="yellow"))
        for one in refused:
            line = _text(f"{one.who}: ", "yellow").append_text(_text(one.reason))
            parts.append(Padding(line, (0, 0, 0, 2)))
    parts += [Text(""), _text(answer(result), "bold")]
    if impact_sentence(result):
        parts.append(_text(impact_sentence(result)))
    parts += restated_lines(result)
    parts += decided_lines(result.decisions)
    return Group(*parts)


def history_table(summaries: Sequence[ResultSummary]) -> RenderableType:
    """The list of `liftledger results`, in the order given; refusals in full below it."""
    if not summaries:
        return Text("No results yet. Start one with: liftledger run STUDY")
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("study@version", overflow="fold")
    table.add_column("made (UTC)", no_wrap=True)
    table.add_column("by", no_wrap=True)
    table.add_column("effect", justify="right", no_wrap=True)
    table.add_column("interval", justify="right", no_wrap=True)
    table.add_column("result", style="dim", no_wrap=True)
    below: list[RenderableType] = []
    for one in summaries:
        effect, bounds = summary_numbers(one)
        official = one.pin is not None and one.pin.version == one.version
        table.add_row(
            _text(f"{one.study}@{one.version}" + (f" {MARK}" if official else "")),
            f"{one.created_at.astimezone(UTC):%Y-%m-%d %H:%M}",
            _text(one.primary.upper()),
            effect,
            bounds,
            _text(one.result_id[:10]),
        )
        if one.reason:
            name = _text(f"{one.study}@{one.version}: ", "yellow")
            below.append(name.append_text(_text(closed(one.reason))))
        if said := decision_phrase(one.decisions):
            below.append(_text(f"{one.study}@{one.version}: {said}"))
    pinned = {one.study: one.pin for one in summaries if one.pin}
    below += [_text(line) for line in pins.pin_phrases(pinned)]
    return Group(table, *below)


def _remarks(result: StoredResult) -> list[RenderableType]:
    """What was left out, and what to know of methods that the study told to do otherwise."""
    lines = []
    if result.placed:
        lines.append(_text(placed_sentence(result.placed)))
        lines += [_text(one, "yellow") for one in remarks(result.placed)]
        lines.append(_text(promotion_sentence(result), "dim"))
    if result.dropped:
        lines.append(_text(closed(dropped_sentence(result)), "yellow"))
    for one in diagnoses(result):
        if one.asked:
            line = _text(f"{one.label}, by the plan: ", "yellow")
            lines.append(line.append_text(_text(" ".join([closed(one.asked), *one.notes]))))
    if result.placed or len(result.plan_versions) > 1:
        lines.append(_text(registered_sentence(result), "dim"))
    advice = favoured_sentence(result)
    if advice:
        lines.append(_text(advice, "dim"))
    return [Text(""), *lines] if lines else []


def _estimates(result: StoredResult) -> list[Table]:
    """As many kinds beside each other as the narrowest terminal has room for, the rest below."""
    asked = range(len(kinds(result)))
    return [_table(result, asked[start : start + ABREAST]) for start in asked[::ABREAST]]


def _table(result: StoredResult, shown: range) -> Table:
    # one space between columns: with two, four intervals do not fit into 80 columns
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    table.add_column("", no_wrap=True)
    table.add_column("effect", justify="right", no_wrap=True)
    for kind in (kinds(result)[j] for j in shown):
        primary = kind == result.plan.inference.primary
        name = _text(f"{MARK} {variance_label(kind)}" if primary else variance_label(kind))
        table.add_column(name, justify="right", style="bold" if primary else "")
    percents = lifts(result)
    for row in rows(result):
        table.add_row(
            _text(f"{MARK if row.primary else ' '} {row.label}", "bold" if row.primary else ""),
            _effect(row, percents[row.key]),
            *(_cell(row, row.cells[j]) for j in shown),
        )
    return table


def _effect(row: Row, percent_of: str) -> Text:
    """The effect, and under it what it is in percent of what would have been."""
    if row.refused:
        return Text("refused", style="yellow")
    text = Text(row.att, style="bold")
    return text.append(f"\n{percent_of}", style="not bold dim") if percent_of else text


def _cell(row: Row, cell: Cell) -> Text:
    if row.refused:
        return Text("–", style="dim")
    if cell.refused:
        return Text("refused", style="yellow")
    # a bracketed pair is a few columns narrower than "to", which is what makes 80 suffice
    return Text(cell.standard_error).append(f"\n[{cell.low}, {cell.high}]", style="dim")


def summary_numbers(one: ResultSummary) -> tuple[Text, Text]:
    """Effect and interval of one line of a list."""
    if one.att is None:
        return Text("refused", style="yellow"), Text("–", style="dim")
    if one.ci_low is None or one.ci_high is None:
        return Text(number(one.att, places_for([], [one.att]))), Text("refused", style="yellow")
    # the interval is all there is to judge precision by: half of it is about two standard errors
    places = places_for([(one.ci_high - one.ci_low) / 4], [one.att])
    places = places_that_keep_signs(places, (one.att, one.ci_low, one.ci_high))
    return Text(number(one.att, places)), Text(interval(one.ci_low, one.ci_high, places))
