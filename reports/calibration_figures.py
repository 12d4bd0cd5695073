"""Figures of an exam: coverage in quiet and noisy places, and power once sizes are the same.

One line per estimator and kind. Coverage is drawn on an axis that ends at 1 and begins where the
lowest mark needs it, with the nominal level as a rule; power on an axis from 0 to 1.
"""

import json
import math
from collections.abc import Sequence

from estimators.calibration.summaries import EFFECTS, Score
from reports.calibration import largest_error, setting, title, value
from reports.drawing import INK, WIDE, Figure, Key, Spec, drawn, values
from reports.names import estimator_label, variance_label
from reports.numbers import percent
from storage.records import StoredCalibration

STEP = 20  # pixels from one line to the next
LABELS = 150
PLACES = {"quietest": "diamond", "all": "circle", "noisiest": "triangle-up"}
SIZES = {1: 26, 2: 70, 3: 130}  # of the mark of an effect
LOWEST = 0.9  # where an axis of coverage begins when nothing lies below


def coverage_figure(found: StoredCalibration) -> Figure | None:
    """Coverage overall and where it is quiet and noisy; None when no number is there."""
    rows = [row for line, score in enumerate(found.scores) for row in _coverages(score, line)]
    if not rows:
        return None
    level = float(found.settings["level"])
    apart = any(row["place"] != "all" for row in rows)
    off = largest_error(found, ("coverage",))
    return drawn(
        lambda width: _spec(found.scores, rows, width, low=_begin(rows), rule=level, mark="place"),
        label=f"Coverage of {percent(level)} intervals. {_read_aloud(found.scores, rows)}",
        title=f"Share of {percent(level)} intervals that cover the truth",
        key=[
            Key("circle kind-other", "everywhere"),
            *(
                [
                    Key("diamond kind-other", "where treated cells are the quietest fifth"),
                    Key("triangle-up kind-other", "where they are the noisiest fifth"),
                ]
                if apart
                else []
            ),
        ],
        caption=f"{title(found)}. {setting(found)}. The broken line is what was promised; "
        f"Monte-Carlo error of coverage everywhere {off:.3f} at most. The axis begins at "
        f"{percent(_begin(rows))}.",
    )


def power_figure(found: StoredCalibration) -> Figure | None:
    """Size-adjusted power by effect; None for an exam on a panel of one's own."""
    rows = [
        {"line": line, "at": at, "kind": score.kind, "place": str(effect)}
        for line, score in enumerate(found.scores)
        for effect in EFFECTS
        if (at := value(score, f"size_adjusted_{effect}")) is not None
    ]
    if not rows:
        return None
    off = largest_error(found, tuple(f"size_adjusted_{effect}" for effect in EFFECTS))
    return drawn(
        lambda width: _spec(
            found.scores, rows, width, low=0.0, rule=None, mark="size"
        ),
        label=f"Size-adjusted power. {_read_aloud(found.scores, rows)}",
        title="Share of intervals that exclude zero, once all exclude it equally often by chance",
        key=[Key("circle kind-other", "effects of 1, 2 and 3 standard deviations, from small to "
                 "large marks")],
        caption=f"{title(found)}. {setting(found)}. Monte-Carlo error {off:.3f} at most.",
    )  # fmt: skip


def _coverages(score: Score, line: int) -> list[Spec]:
    found = {"all": value(score, "coverage")}
    for place in ("quietest", "noisiest"):
        found[place] = value(score, f"coverage_{place}")
    fifths = score.groups.get("noise")
    if fifths:
        found |= {"quietest": fifths[0].coverage, "noisiest": fifths[-1].coverage}
    return [
        {"line": line, "at": at, "kind": score.kind, "place": place}
        for place, at in found.items()
        if at is not None
    ]


def _begin(rows: Sequence[Spec]) -> float:
    """The tenth below the lowest coverage."""
    return min(LOWEST, math.floor(10 * min(row["at"] for row in rows)) / 10)


def _spec(
    scores: Sequence[Score],
    rows: list[Spec],
    width: int,
    *,
    low: float,
    rule: float | None,
    mark: str,
) -> Spec:
    kinds = list(dict.fromkeys(score.kind for score in scores))
    lines = sorted({row["line"] for row in rows})
    ranges = [
        {
            "line": line,
            "kind": scores[line].kind,
            "from": min(row["at"] for row in rows if row["line"] == line),
            "to": max(row["at"] for row in rows if row["line"] == line),
        }
        for line in lines
    ]
    names = [
        f"{estimator_label(score.estimator)}, {variance_label(score.kind)}" for score in scores
    ]
    x = {
        "type": "quantitative",
        "scale": {"domain": [low, 1], "nice": False, "zero": False},
        "axis": {"title": None, "format": ".0%", "tickCount": 6 if width == WIDE else 4},
    }
    y = {
        "field": "line",
        "type": "quantitative",
        "scale": {
            "domain": [-0.7, len(scores) - 0.3],
            "reverse": True,
            "nice": False,
            "zero": False,
        },
        "axis": {
            "title": None,
            "grid": False,
            "values": list(range(len(scores))),
            "tickCount": len(scores),
            "labelExpr": f"{json.dumps(names)}[datum.value]",
            "labelColor": INK["ink"],
            "minExtent": LABELS - 10,
            "maxExtent": LABELS - 10,
        },
    }
    colour = {
        "field": "kind",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": kinds, "range": [INK.get(kind, INK["muted"]) for kind in kinds]},
    }
    looks: Spec = (
        {"shape": {"field": "place", "type": "nominal", "legend": None,
                   "scale": {"domain": list(PLACES), "range": list(PLACES.values())}}}
        if mark == "place"
        else {"size": {"field": "place", "type": "nominal", "legend": None,
                       "scale": {"domain": [str(k) for k in SIZES],
                                 "range": list(SIZES.values())}}}
    )  # fmt: skip
    point: Spec = {"type": "point", "filled": True, "opacity": 1}
    if mark == "place":
        point["size"] = 62
    promised = [] if rule is None else [{
        "data": values([{"rule": rule}]),
        "mark": {"type": "rule", "color": INK["muted"], "strokeDash": [4, 3]},
        "encoding": {"x": {"field": "rule", **x}},
    }]  # fmt: skip
    return {
        "width": width - LABELS,
        "height": STEP * len(scores) + 10,
        "padding": 2,
        "layer": [
            *promised,
            {
                "data": values(ranges),
                "mark": {"type": "rule", "strokeWidth": 1.6},
                "encoding": {"x": {"field": "from", **x}, "x2": {"field": "to"}, "y": y,
                             "color": colour},
            },
            {
                "data": values(rows),
                "mark": point,
                "encoding": {"x": {"field": "at", **x}, "y": y, "color": colour, **looks},
            },
        ],
    }  # fmt: skip


def _read_aloud(scores: Sequence[Score], rows: Sequence[Spec]) -> str:
    said = []
    for line, score in enumerate(scores):
        own = [f"{row['place']} {percent(round(row['at'], 3))}" for row in rows
               if row["line"] == line]  # fmt: skip
        if own:
            name = f"{estimator_label(score.estimator)}, {variance_label(score.kind)}"
            said.append(f"{name}: {', '.join(own)}")
    return f"{'; '.join(said)}."
