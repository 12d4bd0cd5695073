"""The promotion calendar for people: a table, and what bringing one in changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from estimators.core.panel import listed
from reports.names import counted
from reports.plain_text import text as _text
from storage.version_records import PromotionVersion
from studies.changes import Change as Difference
from studies.changes import changes
from studies.overlapping import Pair
from studies.promotions import Promotion


@dataclass(frozen=True)
class Change:
    """What became of one promotion of a calendar that was brought in.

    before: what the calendar said until now; None for a new one
    created: false when it says the same      today: when it was brought in
    """

    promotion: Promotion
    before: Promotion | None
    version: int
    created: bool
    today: date


def table(known: Sequence[PromotionVersion], today: date) -> RenderableType:
    """The calendar, as `liftledger promotions` lists it."""
    if not known:
        return Text("No promotions yet. Bring in a calendar with: liftledger promotions FILE.csv")
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("promotion", "state", "planned", "went", "units", "products"):
        shown.add_column(name, overflow="fold", justify="right" if name == "units" else "left")
    for one in known:
        promotion = one.promotion
        shown.add_row(
            _text(f"{promotion.promotion}@{one.version}"),
            promotion.state(today),
            f"{promotion.start} to\n{promotion.end}",
            f"{promotion.first} to\n{promotion.last}" if _went_otherwise(promotion) else "–",
            str(len(promotion.units)),
            _text(listed(promotion.products) or "all"),
        )
    return shown


def to_json(known: Sequence[PromotionVersion], today: date) -> dict[str, Any]:
    """The same as JSON, with units and who entered it."""
    return {
        "promotions": [
            {
                "promotion": one.promotion.promotion,
                "version": one.version,
                "state": one.promotion.state(today),
                **one.promotion.details(),
                "details_hash": one.details_hash,
                "registered_by": one.registered_by,
                "registered_at": one.registered_at.astimezone(UTC).isoformat(),
                "reason": one.reason,
            }
            for one in known
        ]
    }


def done_text(done: Sequence[Change], pairs: Sequence[Pair]) -> RenderableType:
    """How many are new, changed or the same; a line for each change and each overlap."""
    new = sum(one.before is None for one in done)
    changed = sum(one.created for one in done) - new
    lines = [
        f"{counted(len(done), 'promotion')}: {new} new, {changed} changed, "
        f"{len(done) - new - changed} as they were"
    ]
    lines += [_changed(one) for one in done if one.created and one.before is not None]
    lines += [
        f"{pair.one} and {pair.other} are in the same {counted(len(pair.units), 'unit')} at the "
        f"same time ({listed(pair.units)}): a study of either says so"
        for pair in pairs
    ]
    return Group(*(_text(line) for line in lines))


def done_json(done: Sequence[Change], pairs: Sequence[Pair]) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "promotions": [
            {
                "promotion": one.promotion.promotion,
                "version": one.version,
                "created": one.created,
                "changes": [
                    {"key": c.key, "before": c.before, "after": c.after}
                    for c in _keys(one.before, one.promotion)
                ],
            }
            for one in done
        ],
        "overlaps": [
            {"promotions": [pair.one, pair.other], "units": list(pair.units)} for pair in pairs
        ],
    }


def _changed(one: Change) -> str:
    assert one.before is not None
    running = one.before.state(one.today) == "running"
    keys = [
        f"{c.key} {_value(c.before)} → {_value(c.after)}" for c in _keys(one.before, one.promotion)
    ]
    while_it_runs = " while it runs" if running else ""
    return f"{one.promotion.promotion}, version {one.version}: changed{while_it_runs}: " + (
        "; ".join(keys)
    )


def _keys(before: Promotion | None, after: Promotion) -> tuple[Difference, ...]:
    return () if before is None else changes(before.details(), after.details())


def _value(value: object) -> str:
    if isinstance(value, list):
        return f"({listed(value)})" if value else "none"
    if value is None:
        return "not given"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _went_otherwise(promotion: Promotion) -> bool:
    return promotion.actual_start is not None or promotion.actual_end is not None
