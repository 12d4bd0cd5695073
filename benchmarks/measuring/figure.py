"""The figure of growth: seconds and megabytes against cells, both on logarithmic scales, as SVG."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.measuring.on_white import INK, MUTED, Spec, svg

# estimator -> its name, its colour, its dashes
LINES: Mapping[str, tuple[str, str, list[int]]] = {
    "did": ("DID", "#66625a", [1, 0]),
    "sc": ("SC", "#0b62a4", [1, 0]),
    "difp": ("DIFP", "#5fa8d3", [1, 0]),
    "mc": ("MC, tuned", "#c4742a", [1, 0]),
    "sdid": ("SDID", "#1c7c54", [1, 0]),
    "dwcp": ("DWCP, tuned", "#a3274b", [1, 0]),
    "dwcp_fixed": ("DWCP, λ fixed", "#a3274b", [4, 3]),
}
# what is drawn -> its title, its ticks, and the promise as a rule
PANELS: Mapping[str, tuple[str, list[float], float, str]] = {
    "seconds": ("Seconds, on two cores", [10.0**k for k in range(-4, 4)], 600, "10 minutes"),
    "megabytes": ("Peak memory, MB", [100, 200, 500, 1000, 2000, 4000], 4000, "4 GB"),
}
COUNT = (
    "datum.value >= 1e6 ? datum.value / 1e6 + ' m'"
    " : datum.value >= 1e3 ? format(datum.value, ',') : '' + datum.value"
)


def figure(points: Sequence[Mapping[str, Any]]) -> str:
    """SVG of the points that were measured: estimator, cells, seconds, megabytes."""
    measured = [dict(point) for point in points if math.isfinite(point["seconds"])]
    for point in measured:
        point["name"] = LINES[point["estimator"]][0]
    lines = [LINES[key] for key in LINES if any(p["estimator"] == key for p in measured)]
    spec = {
        "hconcat": [_panel(lines, value) for value in PANELS],
        "spacing": 72,
        "bounds": "flush",
        "resolve": {"scale": {"color": "shared", "strokeDash": "shared"}},
        "data": {"values": measured},
        "padding": 10,
    }
    return svg(spec)


def _panel(lines: Sequence[tuple[str, str, list[int]]], value: str) -> Spec:
    title, ticks, most, words = PANELS[value]
    logarithmic = {"type": "quantitative", "scale": {"type": "log"}}
    x = {
        "field": "cells",
        **logarithmic,
        "title": "Cells, N × T (m: million)",
        "axis": {"values": [10**k for k in range(3, 8)], "labelExpr": COUNT, "grid": False},
    }
    y = {"field": value, **logarithmic, "title": None,
         "axis": {"values": ticks, "labelExpr": COUNT, "tickCount": len(ticks)}}  # fmt: skip
    legend = {"orient": "top", "title": None, "columns": 7, "columnPadding": 16,
              "symbolStrokeWidth": 2}  # fmt: skip
    names = [name for name, _, _ in lines]
    named = {"field": "name", "legend": legend, "sort": names}
    colour = {**named, "scale": {"domain": names, "range": [colour for _, colour, _ in lines]}}
    dash = {**named, "scale": {"domain": names, "range": [dash for _, _, dash in lines]}}
    promise = {"data": {"values": [{"most": most, "words": words}]}}
    at = {"y": {"datum": most, "type": "quantitative"}}
    rule = {"type": "rule", "color": MUTED, "strokeDash": [2, 3]}
    label = {"type": "text", "align": "left", "x": 4, "dy": -6, "color": MUTED}
    line = {"type": "line", "strokeWidth": 2, "point": {"size": 30}}
    return {
        "width": 320,
        "height": 300,
        "title": {"text": title, "anchor": "start", "color": INK, "fontSize": 13},
        "layer": [
            {**promise, "mark": rule, "encoding": at},
            {**promise, "mark": label, "encoding": {**at, "text": {"field": "words"}}},
            {"mark": line, "encoding": {"x": x, "y": y, "color": colour, "strokeDash": dash}},
        ],
    }
