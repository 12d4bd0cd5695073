"""A result as Markdown, for the artifact that Prefect shows beside a flow run.

Everything that comes from the user's data is escaped: a pipe would end a table cell, and Markdown
lets HTML through.
"""

import re

from reports.account import verdict
from reports.choice import choice_label, choice_sentences, named
from reports.headline import kinds
from reports.impact import impact_sentence
from reports.names import closed, variance_label
from reports.numbers import percent
from reports.pattern import dropped_sentence
from reports.rows import Cell, Row, refusals, rows
from reports.sentences import answer
from storage.records import StoredResult


def markdown(result: StoredResult, report: str | None = None) -> str:
    """Question, answer, table and refusals; report: where the page was written, if it was."""
    level = percent(result.plan.inference.level)
    lines = [
        f"# {escape(result.plan.question)}",
        escape(verdict(result)) and f"**{escape(verdict(result))}**",
        f"**{escape(answer(result))}**",
        escape(impact_sentence(result)),
        _table(result),
        f"Effect in {escape(result.plan.measure)}; standard error and {level} interval by what is "
        f"held fixed. Bold: {named(result)}, before the result was known.",
    ]
    if result.choice is not None:
        label = escape(choice_label(result))
        said = " ".join(choice_sentences(result.choice))
        lines.append(f"Primary estimator by the plan’s rule: **{label}**. {escape(said)}")
    if result.dropped:
        lines.append(escape(closed(dropped_sentence(result))))
    refused = refusals(result)
    if refused:
        listed = [f"- **{escape(one.who)}**: {escape(one.reason)}" for one in refused]
        lines += ["## Refused", "\n".join(listed)]
    lines += ["## Identity", _identity(result)]
    lines.append(notice(result, report))
    return "\n\n".join(filter(None, lines)) + "\n"


def notice(result: StoredResult, report: str | None = None) -> str:
    """Where the full report is, or the command that writes it."""
    if report:
        return f"Full report: {_code(report)}"
    name = f"{result.study}@{result.version}"
    return f"Full report: {_code(f'liftledger report {name} -o {result.study}.html')}"


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    line = " ".join(text.split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|~#!])", r"\\\1", line)


def _table(result: StoredResult) -> str:
    head = ["estimator", "effect", *(variance_label(kind) for kind in kinds(result))]
    lines = [head, [":--", *("--:" for _ in head[1:])]]
    lines += [_cells(row) for row in rows(result)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Row) -> list[str]:
    label = escape(row.label)
    if row.refused:
        return [label, "refused", *("–" for _ in row.cells)]
    return [
        f"**{label}**" if row.primary else label,
        row.att,
        *(_cell(cell, row.primary) for cell in row.cells),
    ]


def _cell(cell: Cell, primary: bool) -> str:
    if cell.refused:
        return "refused"
    text = f"{cell.standard_error} ({cell.low} to {cell.high})"
    return f"**{text}**" if primary and cell.primary else text


def _identity(result: StoredResult) -> str:
    facts = {
        "result": result.result_id,
        "plan": result.plan_hash,
        "snapshot": result.snapshot_hash,
        "code": result.code_version,
        "environment": result.environment_hash,
    }
    lines = [f"- {name}: {_code(value)}" for name, value in facts.items()]
    asked = f"- asked by {escape(result.requested_by)}, seed {result.seed}"
    return "\n".join([*lines, asked])


def _code(text: str) -> str:
    """Inline code; a backtick inside would end it."""
    return f"`{' '.join(text.split()).replace('`', '′')}`"
