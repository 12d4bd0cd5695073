"""Figures of what the monitor saw over time: a promotion's effect so far, coverage so far.

One mark per visit, with its interval; the rule is what it is held to: no effect, or the level that
intervals claim.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reports.drawing import INK, WIDE, Figure, Key, Spec, drawn, position_axis, values
from reports.numbers import interval, number, percent, places_for
from storage.observations import Observation

MARGIN = 62  # room for the labels of the y axis
Read = Callable[[Mapping[str, Any]], tuple[float, float, float]]


def over_time(seen: Sequence[Observation]) -> Figure | None:
    """What was seen of one subject, oldest first; None where it is no number, or seen only once."""
    kind = seen[0].kind if seen else ""
    if kind not in ("promotion", "calibration"):
        return None
    read: Read = _effect if kind == "promotion" else _coverage
    known = [one for one in seen if one.state != "refused" and _has_numbers(one)]
    if len(known) < 2:
        return None
    rows = [
        {"at": at, "value": value, "low": low, "high": high}
        for at, (value, low, high) in enumerate(read(one.details) for one in known)
    ]
    last = rows[-1]
    if kind == "calibration":
        rule = float(known[-1].details["level"])
        share, low, high = (percent(round(last[name], 3)) for name in ("value", "low", "high"))
        said = f"{share} ({low} to {high})"
        title, word = "Share of intervals that covered nothing where nothing was, so far", "covered"
        rule_words = f"claimed: {percent(rule)}"
        limits = "exact limits of the share"
    else:
        rule, rule_words = 0.0, "no effect"
        places = places_for([], [row[name] for row in rows for name in ("low", "high")])
        said = f"{number(last['value'], places)} ({interval(last['low'], last['high'], places)})"
        title, word = "Effect so far, at each look", "effect so far"
        limits = "interval that holds at every look"
    labels = [f"{one.observed_at:%Y-%m-%d}" if one.observed_at else "" for one in known]
    return drawn(
        lambda width: _spec(rows, labels, rule, width),
        label=f"{title}, at {len(rows)} visits; at the last, {said}.",
        title=title,
        key=[Key("dot-accent", word), Key("bar-accent", limits), Key("line-ink", rule_words)],
        caption=f"At the last of these visits, {labels[-1]}: {said}.",
    )


def _has_numbers(one: Observation) -> bool:
    """Whether a look came to a number: placebos may all have been refused."""
    return "effect" in one.details if one.kind == "promotion" else one.details["total_answered"] > 0


def _effect(details: Mapping[str, Any]) -> tuple[float, float, float]:
    return details["effect"], details["ci_low"], details["ci_high"]


def _coverage(details: Mapping[str, Any]) -> tuple[float, float, float]:
    share = details["total_covered"] / details["total_answered"]
    return share, details["low"], details["high"]


def _spec(rows: list[Spec], labels: Sequence[str], rule: float, width: int) -> Spec:
    x: Spec = {
        "field": "at", "type": "quantitative",
        "scale": {"domain": [-0.5, len(rows) - 0.5], "nice": False},
        "axis": position_axis(labels, 6 if width == WIDE else 3),
    }  # fmt: skip
    y: Spec = {"type": "quantitative", "axis": {"title": None}, "scale": {"zero": False}}
    return {
        "width": width - MARGIN, "height": 240 if width == WIDE else 200, "padding": 2,
        "layer": [
            {"data": values([{"rule": rule}]), "mark": {"type": "rule", "color": INK["ink"]},
             "encoding": {"y": {"field": "rule", **y}}},
            {"data": values(rows),
             "mark": {"type": "rule", "color": INK["accent"], "strokeWidth": 1.5},
             "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}}},
            {"data": values(rows),
             "mark": {"type": "point", "filled": True, "opacity": 1, "size": 34,
                      "color": INK["accent"]},
             "encoding": {"x": x, "y": {"field": "value", **y}}},
        ],
    }  # fmt: skip
