"""What a visit of the monitor saw: as a table, and as JSON.

{"observations": [{"kind", "subject", "state", "message", "study", "plan_version", "details"}]}
"""

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.names import closed, counted
from reports.plain_text import text as _text
from storage.json_values import plain
from storage.observations import Observation

STYLES = {"fine": "", "noticed": "yellow", "refused": "dim"}
UNSHOWN = ("great_expectations",)  # the suite's complete JSON is in the ledger


def to_json(seen: Sequence[Observation]) -> dict[str, Any]:
    """All of it but the suites of Great Expectations."""
    return {
        "observations": [
            {
                "kind": one.kind,
                "subject": one.subject,
                "state": one.state,
                "message": one.message,
                "study": one.study,
                "plan_version": one.plan_version,
                "details": {k: plain(v) for k, v in one.details.items() if k not in UNSHOWN},
            }
            for one in seen
        ]
    }


def check_lines(one: Observation) -> list[tuple[str, bool, str]]:
    """Live checks of a panel: name, whether it passed, what was found. None for anything else."""
    found = one.details.get("checks") or []
    return [(str(c["name"]), bool(c["passed"]), closed(str(c["message"]))) for c in found]


def visit_table(seen: Sequence[Observation]) -> RenderableType:
    """One line for each thing that was looked at, and how many of them to look at again."""
    if not seen:
        return Text("Nothing is watched yet. Start with: liftledger register STUDY.yaml")
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for head in ("what", "of", "", "seen"):
        table.add_column(head, overflow="fold")
    for one in seen:
        style = STYLES[one.state]
        state = "" if one.state == "fine" else one.state
        cells = (one.kind, one.subject, state, closed(one.message))
        table.add_row(*(_text(cell, style) for cell in cells))
    noticed = sum(bool(one.alerts) and one.state == "noticed" for one in seen)
    below = f"{counted(len(seen), 'observation')}, {noticed} with an alert"
    return Group(table, Text(""), _text(closed(below)))
