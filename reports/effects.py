"""Figures of effects over time: by period, and added up.

Two intervals at each treated period: the bar is about that period alone, the band around it is
wide enough to hold in all of them at once (see estimators/variance/bands.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.drawing import INK, WIDE, Figure, Key, Spec, drawn, values
from reports.impact import withheld
from reports.names import closed, counted
from reports.numbers import interval, number, p_value, percent, places_for
from reports.parts import after_words
from reports.paths import chart, layer, placed, shade_key, titled
from reports.sentences import quantity
from storage.records import StoredEstimate, StoredResult

MANY = 60  # periods from which on points are small


@dataclass(frozen=True)
class _Drawing:
    """Rows of one figure: all of them, and those with treated cells."""

    rows: list[Mapping[str, Any]]
    treated: list[Mapping[str, Any]]

    def known(self, end: str) -> list[Mapping[str, Any]]:
        return [row for row in self.treated if row.get(end) is not None]


def effects_by_period(result: StoredResult, estimate: StoredEstimate) -> Figure:
    """Effect of each period, with interval and band where it is treated and they were computed."""
    rows = placed(result, estimate.by_period)
    treated = [row for row in rows if row["treated"]]
    drawing = _Drawing(rows, treated)
    places = places_for([row["standard_error"] for row in treated], [r["effect"] for r in rows])
    effects = [row["effect"] for row in treated]
    label = (
        f"Effects in {counted(len(treated), 'treated period')}, between "
        f"{interval(min(effects), max(effects), places)}; in {treated[-1]['period']}, the last, "
        f"{_said(result, treated[-1], places)}."
    )
    untreated = len(treated) < len(rows)
    before = (
        "Hollow points show how well the method reproduces what is known; the closer to zero, "
        "the better."
        if untreated
        else "Some cell is treated in every period."
    )
    lack = [Key("dot-hollow", "no cell treated: lack of fit")] if untreated else []
    return drawn(
        lambda width: _spec(result, drawing, width, 260 if width == WIDE else 220),
        label=label,
        title=titled(result, "Observed minus counterfactual"),
        key=[Key("dot-accent", "effect"), *_keys(result, drawing), *lack, shade_key(result)],
        caption=" ".join(
            filter(
                None,
                (before, after_words(result), _about(result, estimate, drawing, "by_period")),
            )
        ),
    )


def cumulative_effect(result: StoredResult, estimate: StoredEstimate) -> Figure | None:
    """Running sum of effects over treated cells; None where there is none or it means nothing."""
    rows = placed(result, estimate.diagnostics.get("cumulative") or [])
    if len(rows) < 2 or withheld(result):
        return None
    drawing = _Drawing(rows, rows)
    last = rows[-1]
    places = places_for([last.get("standard_error")], [last["effect"]], least=-15)
    said = f"{_said(result, last, places)} over {counted(last['treated'], 'treated cell')}"
    gone = last["missing"]
    left_out = (
        f" {counted(gone, 'more is', 'more are')} not observed, and not in it." if gone else ""
    )
    return drawn(
        lambda width: _spec(result, drawing, width, 240 if width == WIDE else 210, line=True),
        label=f"Cumulative effect; up to {last['period']}, the last treated period, {said}.",
        title=titled(result, "Sum of effects so far"),
        key=[Key("line-plain", "sum over treated cells"), *_keys(result, drawing),
             shade_key(result)],
        caption=f"Up to {last['period']}: {said}.{left_out} {after_words(result)} "
        f"{_about(result, estimate, drawing, 'cumulative')}".replace("  ", " ").strip(),
    )  # fmt: skip


def _said(result: StoredResult, row: Mapping[str, Any], places: int) -> str:
    """ "−187 packs per person (95 % interval −311 to −62)" """
    text = quantity(number(row["effect"], max(places, 0)), result.plan.measure)
    if row.get("ci_low") is None:
        return text
    bounds = interval(row["ci_low"], row["ci_high"], max(places, 0))
    return f"{text} ({percent(result.plan.inference.level)} interval {bounds})"


def _keys(result: StoredResult, drawing: _Drawing) -> list[Key]:
    level = percent(result.plan.inference.level)
    keys = []
    if drawing.known("ci_low"):
        keys.append(Key("bar-accent", f"{level} interval, each period alone"))
    if drawing.known("band_low"):
        keys.append(Key("band-accent", f"{level} band, all periods at once"))
    return keys


def _about(result: StoredResult, estimate: StoredEstimate, drawing: _Drawing, which: str) -> str:
    """Where the intervals come from, what the band adds, or why there is neither."""
    if not drawing.known("ci_low"):
        return "No interval could be computed for single periods."
    level = result.plan.inference.level
    band = (estimate.diagnostics.get("bands") or {}).get(which) or {}
    source = "from placebos of other units in the same periods, as those given period are"
    if which == "cumulative":
        source = "from the sums of each placebo’s path; the last is that of the total, given period"
    text = f"Intervals are {source}."
    if not drawing.known("band_low"):
        return f"{text} No band: {closed(band['reason'])}" if "reason" in band else text
    if which == "by_period":
        text += (
            f" Each alone misses in {percent(round(1 - level, 9))} of samples; the band holds in "
            f"all treated periods at once in {percent(level)}."
        )
    if "p_value" not in band:
        return text
    return (
        f"{text} No effect in any of these periods: p {_p(band['p_value'])}, by the band, from "
        f"{band['placebos']:,} placebo paths."
    )


def _p(value: float) -> str:
    text = p_value(value)
    return text if text.startswith("<") else f"= {text}"


def _spec(
    result: StoredResult, drawing: _Drawing, width: int, height: int, *, line: bool = False
) -> Spec:
    many = len(drawing.rows) > MANY
    size = (12 if many else 34) / (1 if width == WIDE else 2)
    # bars that touch would hide the points they belong to
    crowded = len(drawing.rows) > (90 if width == WIDE else 45)
    zero = {"data": values([{"zero": 0}]), "mark": {"type": "rule", "color": INK["muted"]},
            "encoding": {"y": {"field": "zero", "type": "quantitative"}}}  # fmt: skip
    bar = {"type": "rule", "color": INK["accent"], "strokeWidth": 1.5,
           "opacity": 0.35 if crowded else 1}  # fmt: skip
    point = {"type": "point", "filled": True, "opacity": 1, "size": size}
    before = {**point, "fill": INK["paper"], "stroke": INK["muted"], "strokeWidth": 1.2}
    path = {"type": "line", "color": INK["accent"], "strokeWidth": 1.5, "strokeJoin": "round"}
    known = drawing.known("ci_low")
    return chart(result, width, height, [
        *([_ribbon(drawing.known("band_low"))] if drawing.known("band_low") else []),
        zero,
        *([layer(known, bar, "ci_low", "ci_high")] if known else []),
        *([layer(drawing.treated, path, "effect")] if line else []),
        layer([row for row in drawing.rows if not row["treated"]], before, "effect"),
        layer(drawing.treated, {**point, "color": INK["accent"]}, "effect"),
    ])  # fmt: skip


def _ribbon(rows: list[Mapping[str, Any]]) -> Spec:
    """The band as steps, one period wide each: it is shown for a single treated period too."""
    data = [
        {"start": row["at"] - 0.5, "end": row["at"] + 0.5, "band_low": row["band_low"],
         "band_high": row["band_high"]}
        for row in rows
    ]  # fmt: skip
    return {
        "data": values(data),
        "mark": {"type": "rect", "color": INK["accent"], "opacity": 0.16},
        "encoding": {
            "x": {"field": "start", "type": "quantitative"}, "x2": {"field": "end"},
            "y": {"field": "band_low", "type": "quantitative"}, "y2": {"field": "band_high"},
        },
    }  # fmt: skip
