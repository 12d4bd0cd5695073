"""Figures over time: observed against counterfactual, and effects by period.

Both show the periods the estimate has rows for. Where cells are treated, the row is their average;
elsewhere it is the average of the treated units, and the distance is lack of fit.
"""

import math
from collections.abc import Mapping
from typing import Any

from reports.drawing import INK, WIDE, Figure, Key, Spec, drawn, position_axis, values
from reports.names import estimator_label
from reports.numbers import interval, number, percent, places_for
from reports.pattern import pattern
from storage.records import StoredEstimate, StoredResult

MARGIN = 62  # room for the labels of the y axis


def observed_and_counterfactual(result: StoredResult, estimate: StoredEstimate) -> Figure:
    """Two lines over time, with the treated share of each period as shading."""
    rows = _rows(result, estimate)
    treated = [row for row in rows if row["treated"]]
    places = places_for([], [row["observed"] for row in rows])
    last = treated[-1]
    label = (
        f"Line chart over {len(rows)} periods. In {last['period']}, the last treated period, the "
        f"observed average is {number(last['observed'], places)} and the counterfactual "
        f"{number(last['counterfactual'], places)} {result.plan.measure}."
    )

    def spec(width: int) -> Spec:
        line = {"type": "line", "strokeWidth": 2, "strokeJoin": "round"}
        return _chart(result, width, 300 if width == WIDE else 240, [
            _layer(rows, {**line, "color": INK["accent"], "strokeDash": [5, 3]}, "counterfactual"),
            _layer(rows, {**line, "color": INK["ink"]}, "observed"),
        ])  # fmt: skip

    return drawn(
        spec,
        label=label,
        title=_title(result, "Average of the treated"),
        key=[
            Key("line-ink", "observed"),
            Key("line-accent", f"without treatment ({estimator_label(estimate.estimator)})"),
            _shade_key(result),
        ],
        caption=_paths_caption(result),
    )


def effects_by_period(result: StoredResult, estimate: StoredEstimate) -> Figure:
    """Effect of each period, with its interval where it is treated and one was computed."""
    rows = _rows(result, estimate)
    treated = [row for row in rows if row["treated"]]
    places = places_for([row["standard_error"] for row in treated], [r["effect"] for r in rows])
    effects = [row["effect"] for row in treated]
    label = (
        f"Effects in {len(treated)} treated periods, between "
        f"{interval(min(effects), max(effects), places)}; in {treated[-1]['period']}, the last, "
        f"{number(treated[-1]['effect'], places)} {result.plan.measure}."
    )
    level = percent(result.plan.inference.level)
    known = any(row["ci_low"] is not None for row in treated)
    size = 34 if len(rows) <= 60 else 12

    def spec(width: int) -> Spec:
        points = size if width == WIDE else size / 2
        zero = {"data": values([{"zero": 0}]), "mark": {"type": "rule", "color": INK["muted"]},
                "encoding": {"y": {"field": "zero", "type": "quantitative"}}}  # fmt: skip
        # bars that touch would hide the points they belong to
        crowded = len(rows) > (90 if width == WIDE else 45)
        bar = {"type": "rule", "color": INK["accent"], "strokeWidth": 1.5,
               "opacity": 0.35 if crowded else 1}  # fmt: skip
        bars = _layer([row for row in rows if row["ci_low"] is not None], bar, "ci_low")
        bars["encoding"]["y2"] = {"field": "ci_high"}
        point = {"type": "point", "filled": True, "opacity": 1, "size": points}
        before = {**point, "filled": True, "fill": INK["paper"], "stroke": INK["muted"],
                  "strokeWidth": 1.2}  # fmt: skip
        return _chart(result, width, 260 if width == WIDE else 220, [
            zero, *([bars] if known else []),
            _layer([row for row in rows if not row["treated"]], before, "effect"),
            _layer(treated, {**point, "color": INK["accent"]}, "effect"),
        ])  # fmt: skip

    bars_key = [Key("bar-accent", f"{level} interval")] if known else []
    missing = "" if known else " No interval could be computed for single periods."
    untreated = len(treated) < len(rows)
    before_words = (
        "Hollow points show how well the method reproduces what is known; the closer to zero, "
        "the better."
        if untreated
        else "Some cell is treated in every period."
    )
    return drawn(
        spec,
        label=label,
        title=_title(result, "Observed minus counterfactual"),
        key=[
            Key("dot-accent", "effect"), *bars_key,
            *([Key("dot-hollow", "no cell treated: lack of fit")] if untreated else []),
            _shade_key(result),
        ],
        caption=f"{before_words}{missing}".strip(),
    )  # fmt: skip


def has_paths(estimate: StoredEstimate) -> bool:
    """True when there are effects by period to draw, in treated periods too."""
    return any(row["treated"] for row in estimate.by_period)


def _rows(result: StoredResult, estimate: StoredEstimate) -> list[Mapping[str, Any]]:
    """The stored rows with the position of their period; numbers that are not finite are None."""
    places = {str(period): t for t, period in enumerate(result.panel.periods)}
    rows: list[Mapping[str, Any]] = []
    for row in estimate.by_period:
        clean = {name: None if _unknown(value) else value for name, value in row.items()}
        rows.append({**clean, "at": places[str(row["period"])]})
    return rows


def _unknown(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _layer(rows: list[Mapping[str, Any]], mark: Spec, y: str) -> Spec:
    data = [{"at": row["at"], y: row[y], "ci_high": row["ci_high"]} for row in rows]
    return {
        "data": values(data),
        "mark": mark,
        "encoding": {
            "x": {"field": "at", "type": "quantitative"},
            "y": {"field": y, "type": "quantitative"},
        },
    }


def _chart(result: StoredResult, width: int, height: int, layers: list[Spec]) -> Spec:
    periods = result.panel.periods
    scale = {"domain": [-0.5, len(periods) - 0.5], "nice": False}
    axis = position_axis(periods, 9 if width == WIDE else 5)
    first: Spec = {
        "data": values(_shades(result)),
        "mark": {"type": "rect", "color": INK["shade"]},
        "encoding": {
            "x": {"field": "start", "type": "quantitative", "scale": scale, "axis": axis},
            "x2": {"field": "end"},
            "fillOpacity": {"field": "share", "type": "quantitative", "legend": None,
                            "scale": {"domain": [0, 1], "range": [0, 1]}},
        },
    }  # fmt: skip
    # the distance of the two lines is the effect, so zero need not be in view
    for layer in layers:
        layer["encoding"]["y"] |= {"axis": {"title": None}, "scale": {"zero": False}}
    return {
        "width": width - MARGIN,
        "height": height,
        "padding": 2,
        "layer": [first, *layers],
    }


def _shades(result: StoredResult) -> list[Spec]:
    """Runs of periods with the same treated share, darkest where most units are treated."""
    share = pattern(result.panel).share
    runs: list[Spec] = []
    for t, value in enumerate(share / share.max()):
        if runs and runs[-1]["share"] == value:
            runs[-1]["end"] = t + 0.5
        else:
            runs.append({"start": t - 0.5, "end": t + 0.5, "share": float(value)})
    return [run for run in runs if run["share"]]


def _shade_key(result: StoredResult) -> Key:
    share = pattern(result.panel).share
    if set(share) <= {0.0, 1.0}:
        return Key("shade", "treated")
    return Key("shade", f"share of units treated (darkest: {percent(round(share.max(), 2))})")


def _paths_caption(result: StoredResult) -> str:
    if pattern(result.panel).shape == "block":
        return (
            "Before treatment the two lines should lie on each other, or run in parallel; "
            "afterwards the gap between them is the effect."
        )
    return (
        "Averages over the cells treated in each period, so the units behind them change from "
        "period to period; where no cell is treated, over all units treated at some time."
    )


def _title(result: StoredResult, what: str) -> str:
    return f"{what}, {result.plan.measure}"
