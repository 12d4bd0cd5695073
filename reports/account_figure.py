"""The decomposition of what a promotion brought: from its gross gain to its return, step by step.

Bars begin where the one above ended; sums begin at zero and carry the interval they were given.
"""

import json
from dataclasses import dataclass

from estimators.core.estimands import NET
from estimators.economics.account import ALL, PROMOTED, ROLES, Account
from estimators.economics.amounts import Amount, Said
from reports.account_rows import money, shown
from reports.drawing import INK, WIDE, Figure, Key, Spec, drawn, values
from reports.numbers import percent
from storage.accounts import account_in, linked_in
from storage.records import StoredResult

STEP = 34
LABELS = {True: 150, False: 124}  # room for names, in a page and on a phone


@dataclass(frozen=True)
class _Bar:
    """One bar: from `start` by `change`; a sum starts at zero. text: what is written beside it."""

    label: str
    start: float
    change: float
    text: str
    total: bool = False
    said: Said | None = None


def decomposition(result: StoredResult) -> Figure | None:
    """In money where margins are known, else in units; None where there is but one number."""
    account = account_in(result)
    if account is None:
        return None
    in_money = _value(account, "margin", PROMOTED) is not None
    bars = _bars(result, account, "margin" if in_money else "units")
    if len(bars) < 3:
        return None
    level = percent(result.plan.inference.level)
    what = f"margin{_of(result)}" if in_money else "units"
    label = "; ".join(f"{bar.label} {bar.text}" for bar in bars)
    return drawn(
        lambda width: _spec(bars, width),
        label=f"From gross to net: {label}.",
        title=f"From gross to net: {what}",
        key=[
            Key("band-gain", "adds"),
            Key("band-loss", "takes away"),
            Key("band-total", "sum so far"),
            Key("line-ink", f"{level} interval of the sum"),
        ],
        caption="Each bar begins where the one above it ended. Intervals of sums are joint: they "
        "hold whatever correlation there is between the steps.",
    )


def _bars(result: StoredResult, account: Account, what: str) -> list[_Bar]:
    bars: list[_Bar] = []
    at = 0.0

    def step(label: str, value: float | None, text: str = "") -> None:
        nonlocal at
        if value is not None and value != 0:
            bars.append(_Bar(label, at, value, text or money(result, value)))
            at += value

    def total(label: str, amount: Amount | None) -> None:
        if amount is not None and amount.value is not None:
            said = amount.by(result.plan.inference.primary)
            text = shown(result, amount)[0]
            bars.append(_Bar(label, 0.0, amount.value, text, total=True, said=said))

    parts = account.find(what, PROMOTED, NET) is not None
    for part, label in (("promotion", "gross gain"), ("after", "pulled forward")):
        amount = account.find(what, PROMOTED, part)
        if amount is not None and amount.value is not None:
            step(label, amount.value, shown(result, amount)[0])
    if parts:
        total("promotion, net", account.find(what, PROMOTED, NET))
    if what != "margin":
        return bars
    for role in ROLES:
        amount = account.find(what, role)
        if amount is not None and amount.value is not None:
            step(role, amount.value, shown(result, amount)[0])
    if linked_in(result):
        total("all items, net", account.find(what, ALL))
    asked = result.plan.promotion
    assert asked is not None
    gain = account.find("return")
    if asked.economics is not None and gain is not None and gain.value is not None:
        step("funding", asked.economics.funding)
        step("cost", -(asked.economics.cost or 0.0))
        total("return", gain)
    return bars


def _spec(bars: list[_Bar], width: int) -> Spec:
    wide = width == WIDE
    rows: list[Spec] = [
        {
            "y": i,
            "low": min(bar.start, bar.start + bar.change),
            "high": max(bar.start, bar.start + bar.change),
            "end": bar.start + bar.change,
            "text": bar.text,
            "kind": "total" if bar.total else "gain" if bar.change > 0 else "loss",
        }
        for i, bar in enumerate(bars)
    ]
    bounds: list[Spec] = [
        {"y": i, "low": bar.said.low, "high": bar.said.high}
        for i, bar in enumerate(bars)
        if bar.said is not None
    ]
    for row, bar in zip(rows, bars, strict=True):
        row["at"] = max(row["high"], bar.said.high if bar.said else row["high"])
    names = json.dumps([bar.label for bar in bars])
    low = min(0.0, *(row["low"] for row in [*rows, *bounds]))
    high = max(0.0, *(row["high"] for row in [*rows, *bounds]))
    room = (high - low) * (0.17 if wide else 0.4)  # for the text at the right of the longest
    x: Spec = {
        "type": "quantitative",
        "scale": {"domain": [low, high + room], "nice": False},
        "axis": {"title": None, "tickCount": 6 if wide else 3, "grid": True},
    }
    y: Spec = {
        "field": "y",
        "type": "quantitative",
        "scale": {"domain": [-0.7, len(bars) - 0.3], "reverse": True, "nice": False, "zero": False},
        "axis": {
            "title": None,
            "grid": False,
            "values": list(range(len(bars))),
            "tickCount": len(bars),
            "labelExpr": f"{names}[datum.value]",
            "labelColor": INK["ink"],
            "labelFontSize": 13 if wide else 12,
            "labelLimit": LABELS[wide],
            "minExtent": LABELS[wide] - 12,
            "maxExtent": LABELS[wide] - 12,
        },
    }
    colours = {"gain": INK["accent"], "loss": INK["muted"], "total": INK["bar"]}

    def layer(mark: Spec, chosen: list[Spec], at: str, **encoding: Spec) -> Spec:
        return {
            "data": values(chosen),
            "mark": mark,
            "encoding": {"x": {"field": at, **x}, "y": y, **encoding},
        }

    to: Spec = {"field": "high"}
    thick = 15 if wide else 13
    return {
        "width": width - LABELS[wide],
        "height": STEP * len(bars),
        "padding": 2,
        "layer": [
            *(
                layer(
                    {"type": "rule", "strokeWidth": thick, "color": colour, "opacity": 1},
                    [row for row in rows if row["kind"] == kind],
                    "low",
                    x2=to,
                )
                for kind, colour in colours.items()
            ),
            {
                "data": values([{"zero": 0}]),
                "mark": {"type": "rule", "color": INK["muted"]},
                "encoding": {"x": {"field": "zero", **x}},
            },
            layer({"type": "rule", "strokeWidth": 2, "color": INK["ink"]}, bounds, "low", x2=to),
            layer(
                {"type": "text", "align": "left", "dx": 6, "color": INK["ink"], "fontSize": 12},
                rows,
                "at",
                text={"field": "text"},
            ),
        ],
    }


def _value(account: Account, what: str, of: str) -> float | None:
    amount = account.find(what, of)
    return None if amount is None else amount.value


def _of(result: StoredResult) -> str:
    asked = result.plan.promotion
    currency = asked.economics.currency if asked and asked.economics else ""
    return f" in {currency}" if currency else ""
