"""The account of a promotion in a terminal of 80 columns: the verdict first, then the rows."""

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from reports.account import asks_for_account, cautions, rule_sentences, verdict
from reports.account_rows import facts, lines
from reports.plain_text import text as _text
from storage.records import StoredResult

RULE = 2  # sentences: the rule, and what being wrong would cost; the page says more


def account_lines(result: StoredResult) -> list[RenderableType]:
    """What the merchandiser reads first; nothing where the plan asks for no account."""
    if not asks_for_account(result):
        return []
    parts: list[RenderableType] = []
    if said := verdict(result):
        parts += [_text(said, "bold"), Text("")]
    if lines(result):
        parts.append(_table(result))
    shown = [
        f"{term}: {text}" + (f" ({bounds})" if bounds else "")
        for term, text, bounds in facts(result)
        if not term.startswith("Incremental")  # the rows of the table say them
    ]
    parts += [_text(line) for line in shown]
    parts += [_text(line, "yellow") for line in cautions(result)]
    parts += [_text(line, "dim") for line in rule_sentences(result)[:RULE]]
    return [*parts, Text("")]


def _table(result: StoredResult) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("sold more or less", overflow="fold")
    for name in ("units", "revenue", "margin"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in lines(result):
        cells = [_cell(*one) for one in (line.units, line.revenue, line.margin)]
        table.add_row(_text(line.label, "bold" if line.total else ""), *cells)
    return table


def _cell(value: str, bounds: str) -> Text:
    text = Text(value)
    # a bracketed pair is narrower than "to"
    return text.append(f"\n[{bounds.replace(' to ', ', ')}]", style="dim") if bounds else text
