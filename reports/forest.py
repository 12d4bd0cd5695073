"""Figure of uncertainty: every estimate with every one of its intervals, side by side."""

import json
from itertools import pairwise
from statistics import median

from reports.drawing import INK, WIDE, Figure, Key, Spec, drawn, values
from reports.headline import estimate_answered, kinds, variance_answered, variance_of
from reports.names import estimator_label, variance_label
from reports.numbers import interval, number, percent
from reports.rows import table_places
from storage.records import StoredEstimate, StoredResult

SHAPES = {
    "marginal": "square", "given_unit": "triangle-up", "given_period": "diamond",
    "adaptive": "triangle-down",
}  # fmt: skip
STEP = 15  # pixels from one interval to the next
GAP = 1.2  # lines left empty between two estimators
BEYOND = 6.0  # an interval is cut where it reaches this many median half-widths beyond the others
LABELS = 58


def forest(result: StoredResult) -> Figure:
    """One line per estimator and variance; those refused say so in their place."""
    rows, limits = _forest_rows(result)
    places = table_places(result)
    answered = [e for e in result.estimates if estimate_answered(e)]
    label = "Estimates: " + "; ".join(
        f"{estimator_label(e.estimator)} {number(e.att, places)}{_primary_words(result, e, places)}"
        for e in answered
    )
    level = percent(result.plan.inference.level)
    cut = any(row["cut_low"] or row["cut_high"] for row in rows)
    return drawn(
        lambda width: _forest_spec(result, rows, limits, width),
        label=f"{label}.",
        title=f"Effect with {level} intervals, {result.plan.measure}",
        key=[Key(_swatch(kind), _kind_words(result, kind)) for kind in kinds(result)],
        caption=(
            "The thick line is the estimate and variance that are primary by the plan."
            if any(row["primary"] for row in rows)
            else "The estimate or the variance that is primary by the plan was refused."
        )
        + (" Arrows: the interval is longer than drawn; its ends are in the table." if cut else ""),
    )


def _forest_rows(result: StoredResult) -> tuple[list[Spec], tuple[float, float]]:
    """Rows to draw (positions, ends, what is cut), and the limits they are cut to."""
    found: list[Spec] = []
    for estimate, top in zip(result.estimates, _tops(result), strict=False):
        if not estimate_answered(estimate):
            found.append(_refused_row(top, "refused", None))
            continue
        for j, kind in enumerate(kinds(result)):
            one = variance_of(estimate, kind)
            if not variance_answered(one):
                words = f"{variance_label(kind)} refused"
                found.append(_refused_row(top + j, words, estimate.att))
                continue
            primary = (estimate.estimator, kind) == (
                result.primary,
                result.plan.inference.primary,
            )
            found.append({
                "y": top + j, "att": estimate.att, "kind": kind, "low": one.ci_low,
                "high": one.ci_high, "words": "", "primary": primary,
            })  # fmt: skip
    low, high = _limits(found)
    for row in found:
        known = row["low"] is not None
        row["cut_low"], row["cut_high"] = known and row["low"] < low, known and row["high"] > high
        if known:
            row["low"], row["high"] = max(row["low"], low), min(row["high"], high)
        row["words_at"] = low if row["att"] is None else row["att"]
    return found, (low, high)


def _refused_row(y: float, words: str, att: float | None) -> Spec:
    return {"y": y, "att": att, "low": None, "high": None, "kind": "", "primary": False,
            "words": words}  # fmt: skip


def _tops(result: StoredResult) -> list[float]:
    """First line of each estimator, and the end; one that was refused takes one line."""
    tops = [0.0]
    for estimate in result.estimates:
        lines = len(kinds(result)) if estimate_answered(estimate) else 1
        tops.append(tops[-1] + lines + GAP)
    return tops


def _limits(rows: list[Spec]) -> tuple[float, float]:
    """The range of x: everything, unless a few intervals would squeeze all the others."""
    atts = [0.0, *(row["att"] for row in rows if row["att"] is not None)]
    ends = [(row["low"], row["high"]) for row in rows if row["low"] is not None]
    if not ends:
        return min(atts), max(atts)
    reach = BEYOND * median((high - low) / 2 for low, high in ends)
    low = max(min(low for low, _ in ends), min(atts) - reach)
    high = min(max(high for _, high in ends), max(atts) + reach)
    return min(low, *atts), max(high, *atts)


def _forest_spec(
    result: StoredResult, rows: list[Spec], limits: tuple[float, float], width: int
) -> Spec:
    x, y = _x_axis(limits, width), _y_axis(result)
    asked = list(kinds(result))
    colour = _by_kind(asked, [INK.get(kind, INK["muted"]) for kind in asked])
    shape = _by_kind(asked, [SHAPES.get(kind, "circle") for kind in asked])

    def layer(mark: Spec, chosen: list[Spec], at: str, **encoding: Spec) -> Spec:
        shared = {"x": {"field": at, **x}, "y": y, "color": colour}
        return {"data": values(chosen), "mark": mark, "encoding": {**shared, **encoding}}

    shown = [row for row in rows if row["low"] is not None]
    primary = [row for row in shown if row["primary"]]
    to = {"field": "high"}
    point: Spec = {"type": "point", "filled": True, "opacity": 1}
    arrow = {**point, "size": 28}
    words = {"type": "text", "align": "left", "dx": 6, "fontStyle": "italic"}
    zero = {
        "data": values([{"zero": 0}]),
        "mark": {"type": "rule", "color": INK["muted"]},
        "encoding": {"x": {"field": "zero", **x}},
    }
    return {
        "width": width - LABELS,
        "height": round(STEP * (_tops(result)[-1] + GAP / 2)),
        "padding": 2,
        "layer": [
            zero,
            layer({"type": "rule", "strokeWidth": 1.6}, shown, "low", x2=to),
            layer({"type": "rule", "strokeWidth": 4.5}, primary, "low", x2=to),
            layer({**point, "size": 58}, shown, "att", shape=shape),
            layer({**arrow, "shape": "triangle-left"}, [r for r in shown if r["cut_low"]], "low"),
            layer(
                {**arrow, "shape": "triangle-right"}, [r for r in shown if r["cut_high"]], "high"
            ),
            layer(
                words,
                [row for row in rows if row["words"]],
                "words_at",
                text={"field": "words"},
                color={"value": INK["muted"]},
            ),
        ],
    }


def _x_axis(limits: tuple[float, float], width: int) -> Spec:
    return {
        "type": "quantitative",
        "scale": {"domain": list(limits), "nice": True},
        "axis": {"title": None, "tickCount": 8 if width == WIDE else 5},
    }


def _y_axis(result: StoredResult) -> Spec:
    """Estimators from top to bottom, each named beside the middle of its lines."""
    tops = _tops(result)
    middles = [(top + end - GAP - 1) / 2 for top, end in pairwise(tops)]
    names = json.dumps([estimator_label(e.estimator) for e in result.estimates])
    return {
        "field": "y",
        "type": "quantitative",
        "scale": {
            "domain": [-GAP, tops[-1] - GAP / 2],
            "reverse": True,
            "nice": False,
            "zero": False,
        },
        "axis": {
            "title": None,
            "grid": False,
            "values": middles,
            "tickCount": len(middles),  # the renderer thins out values that outnumber it
            "labelExpr": f"{names}[indexof({middles}, datum.value)]",
            "labelFontSize": 13,
            "labelColor": INK["ink"],
            "minExtent": LABELS - 12,
            "maxExtent": LABELS - 12,
        },
    }


def _by_kind(asked: list[str], looks: list[str]) -> Spec:
    scale = {"domain": asked, "range": looks}
    return {"field": "kind", "type": "nominal", "legend": None, "scale": scale}


def _primary_words(result: StoredResult, estimate: StoredEstimate, places: int) -> str:
    one = variance_of(estimate, result.plan.inference.primary)
    if not variance_answered(one):
        return ""
    return f" ({interval(one.ci_low, one.ci_high, places)})"


def _swatch(kind: str) -> str:
    return f"{SHAPES.get(kind, 'circle')} kind-{kind if kind in INK else 'other'}"


def _kind_words(result: StoredResult, kind: str) -> str:
    primary = " (primary)" if kind == result.plan.inference.primary else ""
    return f"{variance_label(kind)}{primary}"
