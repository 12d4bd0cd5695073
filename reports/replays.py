"""A replay in words and as JSON: what was promised, what came out, and each difference."""

from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.names import closed, counted
from reports.numbers import significant
from reports.plain_text import text as _text
from storage.differences import Difference
from storage.replays import Replay

SHOWN = 20  # differences in a terminal
PROMISED = {"bits": "every bit", "digits": "eight digits"}


def to_json(replay: Replay) -> dict[str, Any]:
    """One replay as an object; what is not finite is null."""
    return {
        "study": replay.study,
        "version": replay.version,
        "outcome": replay.outcome,
        "promised": replay.promised,
        "elsewhere": list(replay.elsewhere),
        "race": replay.race,
        "numbers": replay.numbers,
        "differing": replay.differing,
        "largest": replay.largest,
        "differences": [
            {
                "where": one.where,
                "stored": one.before,
                "replayed": one.after,
                "relative": one.relative,
            }
            for one in replay.differences
        ],
        "code_version": replay.code_version,
        "environment_hash": replay.environment_hash,
        "machine": replay.machine,
        "requested_by": replay.requested_by,
        "reason": replay.reason,
        "replayed_at": replay.at.isoformat() if replay.at else None,
    }


def sentence(replay: Replay) -> str:
    """What came out, in one sentence, and why no more than digits is promised where that is so."""
    name, numbers = f"{replay.study}@{replay.version}", counted(replay.numbers, "number")
    because = f" ({'; '.join(replay.elsewhere)})" if replay.elsewhere else ""
    promised = f"{PROMISED[replay.promised]} was promised{because}"
    if replay.outcome == "equal":
        said = f"{name} came out again, bit for bit: {numbers}; {promised}"
    elif replay.outcome == "close":
        said = (
            f"{name} came out again: {numbers}, of which {replay.differing:,} differ by "
            f"{significant(replay.largest, 2)} at most; {promised}"
        )
    else:
        said = f"{name} came out different: {replay.differing:,} of {numbers} and words; {promised}"
    return closed(said)


def replay_text(replay: Replay) -> RenderableType:
    """The same for a terminal, with the largest differences under it."""
    style = "bold red" if replay.outcome == "different" else "bold"
    parts: list[RenderableType] = [_text(sentence(replay), style)]
    if replay.differences:
        parts += [Text(""), _differences(replay)]
    if replay.differing > SHOWN:
        kept = len(replay.differences)
        more = f"{replay.differing - SHOWN:,} more; --json lists the largest {kept}."
        parts.append(_text(more, "dim"))
    return Group(*parts)


def _differences(replay: Replay) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("number", overflow="fold")
    for head in ("stored", "replayed", "relative"):
        table.add_column(head, justify="right", overflow="fold")
    for one in replay.differences[:SHOWN]:
        table.add_row(_text(one.where), _value(one.before), _value(one.after), _relative(one))
    return table


def _value(value: object) -> Text:
    return _text("–" if value is None else repr(value) if isinstance(value, float) else str(value))


def _relative(one: Difference) -> str:
    return "–" if one.relative is None else significant(one.relative, 2)
