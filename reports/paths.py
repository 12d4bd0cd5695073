"""Figure of observed against counterfactual, and what every figure over time is drawn with.

Figures show the periods the estimate has rows for. Where cells are treated, the row is their
average; elsewhere it is the average of the treated units, and the distance is lack of fit.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from reports.drawing import INK, WIDE, Figure, Key, Spec, drawn, position_axis, values
from reports.names import estimator_label
from reports.numbers import number, percent, places_for
from reports.parts import has_after
from reports.pattern import pattern
from storage.records import StoredEstimate, StoredResult

MARGIN = 62  # room for the labels of the y axis


def observed_and_counterfactual(result: StoredResult, estimate: StoredEstimate) -> Figure:
    """Two lines over time, with the treated share of each period as shading."""
    rows = placed(result, estimate.by_period)
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
        return chart(result, width, 300 if width == WIDE else 240, [
            layer(rows, {**line, "color": INK["accent"], "strokeDash": [5, 3]}, "counterfactual"),
            layer(rows, {**line, "color": INK["ink"]}, "observed"),
        ])  # fmt: skip

    return drawn(
        spec,
        label=label,
        title=titled(result, "Average of the treated"),
        key=[
            Key("line-ink", "observed"),
            Key("line-accent", f"without treatment ({estimator_label(estimate.estimator)})"),
            shade_key(result),
        ],
        caption=_paths_caption(result),
    )


def has_paths(estimate: StoredEstimate) -> bool:
    """True when there are effects by period to draw, in treated periods too."""
    return any(row["treated"] for row in estimate.by_period)


def placed(result: StoredResult, stored: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Stored rows with the position of their period; numbers that are not finite are None."""
    places = {str(period): t for t, period in enumerate(result.panel.periods)}
    rows: list[Mapping[str, Any]] = []
    for row in stored:
        clean = {name: None if _unknown(value) else value for name, value in row.items()}
        rows.append({**clean, "at": places[str(row["period"])]})
    return rows


def _unknown(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def layer(rows: list[Mapping[str, Any]], mark: Spec, y: str, y2: str | None = None) -> Spec:
    """Marks at the position of each row: at the value of y, or from y to y2."""
    data = [{"at": row["at"], y: row[y], **({y2: row[y2]} if y2 else {})} for row in rows]
    encoding: Spec = {
        "x": {"field": "at", "type": "quantitative"},
        "y": {"field": y, "type": "quantitative"},
    }
    if y2:
        encoding["y2"] = {"field": y2}
    return {"data": values(data), "mark": mark, "encoding": encoding}


def chart(result: StoredResult, width: int, height: int, layers: list[Spec]) -> Spec:
    """The layers over all periods of the panel, on the shading of what was treated."""
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


def shade_key(result: StoredResult) -> Key:
    """What the shading means."""
    share = pattern(result.panel).share
    if set(share) <= {0.0, 1.0}:
        return Key("shade", "promotion, and after it" if has_after(result) else "treated")
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


def titled(result: StoredResult, what: str) -> str:
    """A title with the outcome's measure."""
    return f"{what}, {result.plan.measure}"
