"""The figure of a race: one group of bars per panel and design, one bar per estimator.

A bar is an estimator's RMSE over that of the best of its group, so that the best ends at 1. Bars
begin at 0, all groups share one axis, and its end is where the longest bar needs it, LONGEST at
most: what is beyond is cut, and its number says so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from estimators.race.standings import Standing
from reports.drawing import INK, WIDE, Figure, Key, Spec, drawn, values
from reports.names import estimator_label
from reports.numbers import number
from reports.race import BENCHMARK, mark, setting
from storage.race_records import StoredRace

ABREAST = 3  # groups beside each other on a page; on a phone they stand below each other
STEP = 17  # pixels from one bar to the next
NAMES, WORDS, BETWEEN = 42, 34, 22  # pixels for names, for numbers, and between two groups
LONGEST = 3.0  # times the best
SHORT = {"own": "simulated panels", "back_test": "back-test", "on_off": "on/off"}
COLOURS = {"best": INK["accent"], "tied": INK["tied"], "": INK["bar"]}


@dataclass(frozen=True)
class Bars:
    """One group: what stands above it, in one line or two, and whose bars it has."""

    title: str
    subtitle: str
    standings: Sequence[Standing]


def race_figure(races: Sequence[StoredRace]) -> Figure | None:
    """All panels and designs side by side; None when nobody answered anywhere."""
    groups = _groups(races)
    if not groups:
        return None
    end = _end(groups)
    several = len(races) > 1
    cut = any(_ratio(one) > end for group in groups for one in group.standings)
    said = [setting(found, design) for found in races for design in found.standings]
    alike = said[0] if len(set(said)) == 1 else ""
    caption = [
        BENCHMARK if several else "",
        f"{alike}." if alike else "",
        "Lines: one Monte-Carlo error of the ratio on either side.",
        f"Bars beyond {number(end, 0)} are cut." if cut else "",
    ]
    return drawn(
        lambda width: _spec(groups, end, width),
        label=_read_aloud(groups),
        title="RMSE over that of the best estimator, by panel and design"
        if several
        else "RMSE over that of the best estimator",
        key=[
            Key("bar-best", "errs least"),
            Key("bar-tied", "not told apart from it"),
            Key("bar-other", "errs more"),
        ],
        caption=" ".join(part for part in caption if part),
    )


def _groups(races: Sequence[StoredRace]) -> list[Bars]:
    """Panels in their order; the design is named where a panel has several, or none is shared."""
    designs = {design for found in races for design in found.standings}
    found = []
    for race in races:
        for design, standings in race.standings.items():
            title = _short(design) if len(races) == 1 else race.panel
            subtitle = _short(design) if len(races) > 1 and len(designs) > 1 else ""
            if any(one.relative is not None for one in standings):
                found.append(Bars(title, subtitle, standings))
    return found


def _short(design: str) -> str:
    """A design above its bars; what is left out of it, and assignment columns, by their names."""
    key, space, rest = design.partition(" ")
    return f"{SHORT.get(key, key)}{space}{rest}"


def _end(groups: Sequence[Bars]) -> float:
    longest = max(_ratio(one) for group in groups for one in group.standings)
    return min(LONGEST, max(1.25, math.ceil(4 * min(longest, LONGEST)) / 4))


def _ratio(one: Standing) -> float:
    return one.relative.value if one.relative is not None else 0.0


def _spec(groups: Sequence[Bars], end: float, width: int) -> Spec:
    columns = min(ABREAST, len(groups)) if width == WIDE else 1
    each = (width - BETWEEN * (columns - 1)) // columns - NAMES - WORDS
    return {
        "padding": 2,
        "columns": columns,
        "spacing": {"row": 26, "column": BETWEEN},
        "concat": [_group(group, end, each) for group in groups],
    }


def _group(group: Bars, end: float, width: int) -> Spec:
    rows = [_row(one, end) for one in group.standings]
    order = [row["name"] for row in rows]
    y = {
        "field": "name",
        "type": "nominal",
        "sort": order,
        "scale": {"paddingInner": 0.28, "paddingOuter": 0.14},
        "axis": {
            "title": None, "labelColor": INK["ink"], "domain": False, "ticks": False,
            "minExtent": NAMES - 4, "maxExtent": NAMES - 4,
        },
    }  # fmt: skip
    scale = {"domain": [0, end], "nice": False}
    x = {
        "type": "quantitative",
        "scale": scale,
        "axis": {
            "title": None,
            "values": list(range(int(end) + 1)),
            "format": "d",
            "labelFlush": False,
        },
    }
    colour = {
        "field": "mark",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": list(COLOURS), "range": list(COLOURS.values())},
    }
    known = [row for row in rows if row["to"] > 0]
    return {
        "width": width,
        "height": STEP * len(rows),
        "title": {
            "text": group.title, "anchor": "start", "frame": "group", "dx": 2 - NAMES,
            "fontSize": 12.5, "fontWeight": 600, "color": INK["ink"], "offset": 6,
            "limit": width + NAMES + WORDS, "subtitle": group.subtitle or None,
            "subtitleFontSize": 11.5, "subtitleColor": INK["muted"], "subtitlePadding": 2,
        },
        "layer": [
            {
                "data": values(known),
                "mark": {"type": "bar"},
                "encoding": {"x": {"field": "to", **x}, "y": y, "color": colour},
            },
            {
                "data": values([{"best": 1}]),
                "mark": {"type": "rule", "color": INK["muted"], "strokeDash": [3, 3]},
                "encoding": {"x": {"field": "best", **x}},
            },
            {
                "data": values([row for row in known if row["low"] is not None]),
                "mark": {"type": "rule", "color": INK["ink"], "strokeWidth": 1.2},
                "encoding": {"x": {"field": "low", **x}, "x2": {"field": "high"}, "y": y},
            },
            {
                "data": values(rows),
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 11,
                         "color": INK["ink"]},
                "encoding": {"x": {"field": "at", **x}, "y": y, "text": {"field": "words"}},
            },
        ],
    }  # fmt: skip


def _row(one: Standing, end: float) -> Spec:
    """A bar, cut at the end of the axis; its number stands beyond its error."""
    ratio, error = _ratio(one), (one.relative.error if one.relative else None)
    to = min(ratio, end)
    high = min(ratio + (error or 0.0), end)
    shown = error is not None and error > 0 and ratio < end
    return {
        "name": estimator_label(one.estimator),
        "mark": mark(one),
        "to": to,
        "low": max(0.0, ratio - error) if shown and error is not None else None,
        "high": high if shown else None,
        "at": max(to, high if shown else to),
        "words": number(ratio, 2) if one.relative is not None else "refused",
    }


def _read_aloud(groups: Sequence[Bars]) -> str:
    said = []
    for group in groups:
        ratios = [f"{estimator_label(one.estimator)} {number(_ratio(one), 2)}"
                  for one in group.standings if one.relative is not None]  # fmt: skip
        heading = f"{group.title}, {group.subtitle}" if group.subtitle else group.title
        said.append(f"{heading}: {', '.join(ratios)}")
    return f"RMSE over that of the best. {'; '.join(said)}."
