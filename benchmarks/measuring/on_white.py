"""What figures have in common that stand on pages without a style sheet: paper, ink, and SVG.

Colours print. The data are in the specification, and nothing is fetched.
"""

import re
from typing import Any

import vl_convert

Spec = dict[str, Any]
INK, MUTED, HAIRLINE = "#1c1b19", "#66625a", "#e3dfd6"
CONFIG: Spec = {
    "background": "#ffffff",
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {"domainColor": HAIRLINE, "gridColor": HAIRLINE, "tickColor": HAIRLINE,
             "labelColor": MUTED, "titleColor": MUTED, "labelFontSize": 12, "titleFontSize": 12,
             "titleFontWeight": "normal"},
    "legend": {"labelColor": MUTED, "titleColor": MUTED, "labelFontSize": 12},
    "header": {"labelColor": INK, "titleColor": INK, "labelFontSize": 13},
}  # fmt: skip


def svg(spec: Spec) -> str:
    """A file of its own, with a line's end."""
    drawn = vl_convert.vegalite_to_svg({**spec, "config": CONFIG}, allowed_base_urls=[])
    # hundredths of a pixel are enough; a label, which follows a tag, keeps its digits
    return re.sub(r"(?<!>)(\d\.\d{2})\d+", r"\1", drawn) + "\n"
