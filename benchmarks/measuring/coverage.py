"""The figure of calibration: coverage where it is quiet and where it is noisy, and power (SVG)."""

from collections.abc import Mapping, Sequence

from benchmarks.measuring.on_white import INK, MUTED, Spec, svg
from estimators.calibration.summaries import EFFECTS, Score

COLOURS = {"marginal": "#7d7a72", "given_unit": "#c2570c", "given_period": "#0a7f5c",
           "given_both": "#0b62a4", "adaptive": "#7b3fa0"}  # fmt: skip
PLACES = {"quietest fifth": "diamond", "everywhere": "circle", "noisiest fifth": "triangle-up"}
ROOM = {"left": 30, "right": 30, "top": 10, "bottom": 10}  # viewers' letters may be wider
LOWEST = 0.6  # where the axis of coverage begins
LINE: Spec = {"type": "line", "strokeWidth": 1.5}
POINT: Spec = {"type": "point", "filled": True, "opacity": 1}


def figure(drawn: Mapping[str, Sequence[Score]], level: float = 0.95) -> str:
    """SVG: one row per design, coverage on the left, size-adjusted power on the right."""
    rows = [
        {"hconcat": [_coverage(name, scores, level), _power(scores)], "spacing": 40}
        for name, scores in drawn.items()
        if any("size_adjusted_1" in one.numbers for one in scores)
    ]
    return svg({"vconcat": rows, "spacing": 34, "padding": ROOM,
                "resolve": {"scale": {"color": "shared", "shape": "shared"}}})  # fmt: skip


def _coverage(name: str, scores: Sequence[Score], level: float) -> Spec:
    names = {"quietest fifth": "coverage_quietest", "everywhere": "coverage",
             "noisiest fifth": "coverage_noisiest"}  # fmt: skip
    marks = [
        {"row": _label(one), "kind": one.kind, "at": one.numbers[key].value, "place": place}
        for one in scores
        for place, key in names.items()
        if key in one.numbers
    ]
    x = {
        "field": "at",
        "type": "quantitative",
        "title": "coverage of 95 % intervals",
        "scale": {"domain": [LOWEST, 1], "zero": False},
        "axis": {"tickCount": 6, "format": ".0%"},
    }
    shape = {"field": "place", "type": "nominal", "title": None,
             "scale": {"domain": list(PLACES), "range": list(PLACES.values())}}  # fmt: skip
    where = {"x": x, "y": _rows(scores), "color": _colour()}
    rule = {"type": "rule", "color": MUTED, "strokeDash": [4, 3]}
    return {
        "width": 300,
        "height": 20 * len(scores),
        "title": {"text": name, "anchor": "start", "color": INK, "fontSize": 13},
        "layer": [
            {"data": {"values": [{"at": level}]}, "mark": rule, "encoding": {"x": x}},
            {"data": {"values": marks}, "mark": LINE,
             "encoding": {**where, "detail": {"field": "row"}}},
            {"data": {"values": marks}, "mark": {**POINT, "size": 60},
             "encoding": {**where, "shape": shape}},
        ],
    }  # fmt: skip


def _power(scores: Sequence[Score]) -> Spec:
    marks = [
        {"row": _label(one), "kind": one.kind, "at": one.numbers[f"size_adjusted_{k}"].value,
         "effect": f"{k} sd"}
        for one in scores
        for k in EFFECTS
    ]  # fmt: skip
    x = {"field": "at", "type": "quantitative", "title": "size-adjusted power at 1, 2, 3 sd",
         "scale": {"domain": [0, 1]}, "axis": {"tickCount": 6, "format": ".0%"}}  # fmt: skip
    where = {"x": x, "y": {**_rows(scores), "axis": None}, "color": _colour()}
    size = {"field": "effect", "type": "nominal", "title": None,
            "scale": {"domain": [f"{k} sd" for k in EFFECTS], "range": [26, 70, 130]}}  # fmt: skip
    return {
        "width": 300,
        "height": 20 * len(scores),
        "layer": [
            {"data": {"values": marks}, "mark": LINE,
             "encoding": {**where, "detail": {"field": "row"}}},
            {"data": {"values": marks}, "mark": POINT, "encoding": {**where, "size": size}},
        ],
    }  # fmt: skip


def _rows(scores: Sequence[Score]) -> Spec:
    order = [_label(one) for one in scores]
    axis = {"labelColor": INK, "grid": False, "ticks": False, "domain": False}
    return {"field": "row", "type": "nominal", "title": None, "sort": order, "axis": axis}


def _colour() -> Spec:
    return {"field": "kind", "type": "nominal", "legend": None,
            "scale": {"domain": list(COLOURS), "range": list(COLOURS.values())}}  # fmt: skip


def _label(score: Score) -> str:
    return f"{score.estimator.upper()}, {score.kind.replace('_', ' ')}"
