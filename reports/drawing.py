"""From a Vega-Lite specification to SVG that sits in a page: static, themed, escaped, offline.

A specification names its colours by INK below. The drawn SVG refers to CSS variables of the same
names, so that one drawing serves light, dark and print. Each figure is drawn twice, for a page and
for a phone: a drawing that shrinks has unreadable letters.

Trap: the renderer may fetch data by address. Our specifications carry their data, and no address
is allowed.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import vl_convert
from markupsafe import Markup

WIDE, NARROW = 690, 350
Spec = dict[str, Any]

# a colour that appears in no other role, and the CSS variable that replaces it
INK = {
    "ink": "#0a0001",
    "muted": "#0a0002",
    "hairline": "#0a0003",
    "accent": "#0a0004",
    "shade": "#0a0005",
    "paper": "#0a0006",
    "tied": "#0a0007",
    "bar": "#0a0008",
    "marginal": "#0a0011",
    "given_unit": "#0a0012",
    "given_period": "#0a0013",
    "given_both": "#0a0014",
    "adaptive": "#0a0015",
}


@dataclass(frozen=True)
class Key:
    """One line of a legend: a class of swatch that the style sheet knows, and its words."""

    swatch: str
    words: str


@dataclass(frozen=True)
class Figure:
    """A drawn figure.

    wide, narrow: inline SVG      label: the key numbers, for those who cannot see it
    title: what is measured, shown above      key: the legend      caption: how to read it
    """

    wide: Markup
    narrow: Markup
    label: str
    title: str
    key: Sequence[Key]
    caption: str


def drawn(
    spec: Callable[[int], Spec], *, label: str, title: str, key: Sequence[Key], caption: str
) -> Figure:
    """Draw a figure in both widths; spec makes the specification for a width in pixels."""
    return Figure(svg(spec(WIDE)), svg(spec(NARROW)), label, title, tuple(key), caption)


def svg(spec: Spec) -> Markup:
    """Draw a specification. Text from the data is escaped by the renderer (and tested here)."""
    text = vl_convert.vegalite_to_svg({**spec, "config": CONFIG}, allowed_base_urls=[])
    width, height = _size(text)
    body = text[text.index(">") + 1 :]
    for name, colour in INK.items():
        body = body.replace(f'"{colour}"', f'"var(--{name})"')
    body = re.sub(r"(\d\.\d{2})\d+", r"\1", body)  # hundredths of a pixel are enough
    return Markup(  # noqa: S704  made by the renderer, which escapes
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'aria-hidden="true" focusable="false">{body}'
    )


def position_axis(labels: Sequence[object], most: int) -> Spec:
    """A period axis: a quantitative scale over positions, labelled with a few period labels."""
    ticks = _ticks(labels, most)
    words = json.dumps([str(labels[t]) for t in ticks])
    return {
        "title": None,
        "grid": False,
        "values": ticks,
        "tickCount": len(ticks),  # the renderer thins out values that outnumber it
        "labelExpr": f"{words}[indexof({json.dumps(ticks)}, datum.value)]",
        "labelFlush": False,
    }


def values(rows: Sequence[Spec]) -> Spec:
    """Data carried by the specification itself."""
    return {"values": list(rows)}


def _ticks(labels: Sequence[object], most: int) -> list[int]:
    """Positions to label: round years where labels are whole numbers, else evenly spaced."""
    count = len(labels)
    step = next(s for k in range(9) for s in (10**k, 2 * 10**k, 5 * 10**k) if count / s <= most)
    numbers = [label for label in labels if isinstance(label, int)]
    if len(numbers) == count:
        return [t for t, number in enumerate(numbers) if number % step == 0] or [0]
    return list(range(0, count, step))


def _size(text: str) -> tuple[str, str]:
    found = re.search(r'viewBox="0 0 (\S+) (\S+)"', text)
    if found is None:
        raise ValueError("the renderer gave an SVG without a viewBox")
    return found[1], found[2]


CONFIG: Spec = {
    "aria": False,
    "background": "transparent",
    "view": {"stroke": None},
    "font": "sans-serif",
    "axis": {
        "domainColor": INK["hairline"],
        "gridColor": INK["hairline"],
        "tickColor": INK["hairline"],
        "labelColor": INK["muted"],
        "titleColor": INK["muted"],
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelPadding": 6,
        "tickSize": 4,
    },
    "axisY": {"domain": False, "ticks": False, "tickCount": 5},
    "text": {"color": INK["muted"], "fontSize": 12},
}
