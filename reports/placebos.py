"""Figure of the placebo distribution: what is found where nothing was done."""

import math

import numpy as np

from estimators.core.panel import FloatArray
from reports.drawing import INK, WIDE, Figure, Key, Spec, drawn, values
from reports.names import PLACEBO_POOLS
from reports.numbers import number
from reports.rows import table_places
from storage.records import StoredEstimate, StoredResult

BINS = 36


def placebos(result: StoredResult, estimate: StoredEstimate) -> Figure | None:
    """Placebo effects by where they were placed, with the estimate marked; None without any."""
    stored = estimate.diagnostics.get("placebo_effects") or {}
    pools = {
        kind: [x for x in stored[kind] if isinstance(x, float | int) and math.isfinite(x)]
        for kind in PLACEBO_POOLS
        if stored.get(kind)
    }
    pools = {kind: pool for kind, pool in pools.items() if pool}
    if not pools or estimate.att is None:
        return None
    att, places = estimate.att, table_places(result)
    everything = [0.0, att, *(x for pool in pools.values() for x in pool)]
    edges = np.histogram_bin_edges(everything, bins=BINS)
    beyond = "; ".join(
        f"{PLACEBO_POOLS[kind].lower()}: {sum(abs(x) >= abs(att) for x in pool)} of {len(pool)}"
        for kind, pool in pools.items()
    )

    def spec(width: int) -> Spec:
        charts = [
            _histogram(kind, pool, edges, att, width, last=kind == list(pools)[-1])
            for kind, pool in pools.items()
        ]
        return {"vconcat": charts, "spacing": 10, "padding": 2}

    return drawn(
        spec,
        label=f"Placebo effects as large as the estimate of {number(att, places)}: {beyond}.",
        title=f"Placebo effects, {result.plan.measure}",
        key=[
            Key("block-muted", "placebo effects"),
            Key("rule-accent", f"the estimate, {number(att, places)}"),
        ],
        caption="Effects estimated where nothing was done. The further out the estimate lies, the "
        f"less it looks like chance. As large or larger: {beyond}.",
    )


def _histogram(
    kind: str, pool: list[float], edges: FloatArray, att: float, width: int, *, last: bool
) -> Spec:
    counts, _ = np.histogram(pool, bins=edges)
    bars = [
        {"start": float(edges[i]), "end": float(edges[i + 1]), "count": int(count)}
        for i, count in enumerate(counts)
        if count
    ]
    x = {
        "type": "quantitative", "scale": {"domain": [float(edges[0]), float(edges[-1])]},
        "axis": {"title": None, "grid": False, "labels": last, "ticks": last,
                 "tickCount": 8 if width == WIDE else 5},
    }  # fmt: skip
    return {
        "width": width - 20, "height": 62 if width == WIDE else 52,
        "title": {"text": f"{PLACEBO_POOLS[kind]} ({len(pool):,})", "anchor": "start",
                  "fontWeight": "normal", "fontSize": 12, "color": INK["muted"], "offset": 4},
        "layer": [
            {"data": values(bars), "mark": {"type": "rect", "color": INK["muted"], "opacity": 0.55},
             "encoding": {"x": {"field": "start", **x}, "x2": {"field": "end"},
                          "y": {"field": "count", "type": "quantitative", "axis": None},
                          "y2": {"datum": 0}}},
            {"data": values([{"att": att}]),
             "mark": {"type": "rule", "color": INK["accent"], "strokeWidth": 2.5},
             "encoding": {"x": {"field": "att", **x}}},
        ],
    }  # fmt: skip
