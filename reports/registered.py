"""What was fixed before the answer, and what was changed since: versions of plan and promotion.

One row per version: when, by whom, why, what it changed, and whether that was before the promotion
started, while it ran, or after it ended. The dates are those of the promotion as it was answered
for; a promotion in whole numbers is on no clock, and nothing is said about it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from reports.names import closed
from reports.plain_text import text as _text
from storage.records import Asked
from storage.version_records import PlanVersion, PromotionVersion
from studies.changes import Change, changes
from studies.promotions import Promotion

LONGEST = 60  # characters of a value; what is longer is in --json
WHEN = {
    "planned": "before the promotion started",
    "running": "while the promotion ran",
    "ended": "after the promotion had ended",
}


@dataclass(frozen=True)
class Version:
    """One version of a plan or of a promotion, in words.

    when: relative to the promotion, empty where there is none or no clock knows it
    answered: whether the result answers this one
    """

    number: int
    at: str
    by: str
    when: str
    reason: str
    changes: tuple[str, ...]
    answered: bool


def of_study(versions: Sequence[PlanVersion]) -> list[Version]:
    """Versions of a plan, oldest first, without a result; the last is the one that is answered."""
    between = _between([one.plan for one in versions])
    return [
        _version(one, change, "", one is versions[-1])
        for one, change in zip(versions, between, strict=True)
    ]


def plan_versions(result: Asked) -> list[Version]:
    """Versions of the plan, oldest first."""
    found = result.plan_versions
    return [
        _version(one, change, _when(result, one.registered_at), one.version == result.plan_version)
        for one, change in zip(found, _between([one.plan for one in found]), strict=True)
    ]


def promotion_versions(result: Asked) -> list[Version]:
    """Versions of the promotion in the calendar, oldest first; none where none is named."""
    found = result.promotion_versions
    answered = result.placed.version if result.placed else None
    details = [one.promotion.details() for one in found]
    return [
        _version(one, change, _when(result, one.registered_at), one.version == answered)
        for one, change in zip(found, _between(details), strict=True)
    ]


def registered_sentence(result: Asked) -> str:
    """When the plan that was answered was put on record, by whom; and what came later."""
    known = {one.number: one for one in plan_versions(result)}
    one = known.get(result.plan_version)
    if one is None:
        return ""
    when = f", {one.when}" if one.when else ""
    said = [f"The plan was registered on {one.at} by {one.by}{when}."]
    if one.reason and one.number > 1:
        said.append(f"It changed version {one.number - 1}, because: {closed(one.reason)}")
    if later := [number for number in known if number > one.number]:
        said.append(f"It was changed since: version {max(later)} is the current one.")
    return " ".join(said)


def promotion_sentence(result: Asked) -> str:
    """The promotion's planned and actual dates as they were answered for, and later changes."""
    answered = _answered(result)
    if answered is None or result.placed is None:
        return ""
    one = answered
    said = f"Promotion {one.promotion}: planned {one.start} to {one.end}"
    if one.actual_start is not None or one.actual_end is not None:
        said += f", went {one.first} to {one.last}"
    last = max(version.version for version in result.promotion_versions)
    if last > result.placed.version:
        said += (
            f". The calendar has version {last} of it by now, this answers version "
            f"{result.placed.version}: run the study again"
        )
    return closed(said)


def version_table(title: str, versions: Sequence[Version]) -> Table:
    """For a terminal."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name in (title, "registered (UTC)", "by", "why and what"):
        table.add_column(name, overflow="fold")
    for one in versions:
        why = [part for part in (one.when, one.reason, *one.changes) if part]
        mark = "▸ " if one.answered else "  "
        table.add_row(
            Text(f"{mark}{one.number}"), Text(one.at), _text(one.by), _text("; ".join(why))
        )
    return table


def to_json(result: Asked) -> dict[str, Any]:
    """Both, with every change in full."""
    plans, promotions = result.plan_versions, result.promotion_versions
    return {
        "answered": result.plan_version,
        "versions": [
            _object(result, one, change, {"plan_hash": one.plan_hash})
            for one, change in zip(plans, _between([one.plan for one in plans]), strict=True)
        ],
        "promotion_versions": [
            _object(result, one, change, {"details": details})
            for one, change, details in zip(
                promotions,
                _between([one.promotion.details() for one in promotions]),
                [one.promotion.details() for one in promotions],
                strict=True,
            )
        ],
    }


def _between(states: Sequence[Mapping[str, Any]]) -> Iterable[tuple[Change, ...]]:
    """What each changed of the one before; nothing for the first."""
    before = [None, *states[:-1]]
    return [
        () if one is None else changes(one, other)
        for one, other in zip(before[: len(states)], states, strict=True)
    ]


def _version(
    one: PlanVersion | PromotionVersion, change: tuple[Change, ...], when: str, answered: bool
) -> Version:
    return Version(
        one.version,
        f"{one.registered_at.astimezone(UTC):%Y-%m-%d %H:%M}",
        one.registered_by,
        when,
        one.reason,
        tuple(f"{each.key}: {short(each.before)} → {short(each.after)}" for each in change),
        answered,
    )


def _object(
    result: Asked,
    one: PlanVersion | PromotionVersion,
    change: tuple[Change, ...],
    more: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "version": one.version,
        **more,
        "registered_at": one.registered_at.isoformat(),
        "registered_by": one.registered_by,
        "reason": one.reason,
        "registered": _when(result, one.registered_at) or None,
        "changes": [{"key": c.key, "before": c.before, "after": c.after} for c in change],
    }


def _answered(result: Asked) -> Promotion | None:
    """The promotion as it was answered for."""
    wanted = result.placed.version if result.placed else None
    found = [one.promotion for one in result.promotion_versions if one.version == wanted]
    return found[0] if found else None


def _when(result: Asked, at: datetime) -> str:
    promotion = _answered(result)
    if promotion is None:
        return ""
    return WHEN.get(promotion.state(at.astimezone(UTC).date()), "")


def short(value: Any) -> str:
    """A value of a plan in a sentence; the whole of it is in --json."""
    if value is None:
        return "not given"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
