"""Which version is the official one, and what came after it: in words and as JSON."""

from collections.abc import Mapping
from typing import Any

from reports.names import closed, day, estimator_label
from reports.numbers import interval, number, places_for, places_that_keep_signs
from storage.records import Pin, ResultSummary, StoredResult


def pin_to_json(pin: Pin | None) -> dict[str, Any] | None:
    """The pin of a study; null where no version is the official one."""
    if pin is None:
        return None
    return {
        "study": pin.study,
        "version": pin.version,
        "reason": pin.reason,
        "pinned_by": pin.by,
        "pinned_at": pin.at.isoformat(),
    }


def sentences(result: StoredResult) -> list[str]:
    """Whether this is the official version, and what a later one says; nothing to say: empty."""
    pin, later, name = result.pin, result.later, f"{result.study}@{result.version}"
    said = []
    if pin and pin.version == result.version:
        said.append(pinned(pin))
    elif pin:
        official = f"{pin.study}@{pin.version}"
        said.append(f"{name} is not the official version: {pinned(pin)}")
        if later and later.version == pin.version:
            return [*said, f"{official} says {_said(later)}."]
    if later:
        standing = "later, not official" if pin else "later"
        said.append(
            f"There is a {standing} version, {later.study}@{later.version} of "
            f"{day(later.created_at)}: {_said(later)}."
        )
    return said


def pinned(pin: Pin) -> str:
    """That a version is the official one, since when and why."""
    name = f"{pin.study}@{pin.version}"
    return closed(f"{name} is the official version, pinned by {pin.by} on {day(pin.at)}: "
                  f"{pin.reason}")  # fmt: skip


def pin_phrases(summaries: Mapping[str, Pin]) -> list[str]:
    """One sentence per pinned study, for under a list of results."""
    return [pinned(pin) for _, pin in sorted(summaries.items())]


def _said(one: ResultSummary) -> str:
    """The answer of a version in a few words."""
    if one.att is None:
        return closed(f"{estimator_label(one.primary)} was refused: {one.reason}").rstrip(".")
    if one.ci_low is None or one.ci_high is None:
        return f"{estimator_label(one.primary)} {number(one.att, places_for([], [one.att]))}"
    places = places_for([(one.ci_high - one.ci_low) / 4], [one.att])
    places = places_that_keep_signs(places, (one.att, one.ci_low, one.ci_high))
    bounds = interval(one.ci_low, one.ci_high, places)
    return f"{estimator_label(one.primary)} {number(one.att, places)} ({bounds})"
