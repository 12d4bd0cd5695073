"""The first figure of a page that `-o` wrote, as an SVG file that stands alone.

    python -m benchmarks.measuring.page_figure race.html > docs/race.svg

Figures in pages take their colours from the page's style sheet. Alone they get those it has for
light, on white.
"""

import re
import sys
from pathlib import Path


def alone(page: str) -> str:
    """The wide drawing of the page's first figure. Raises ValueError where there is none."""
    found = re.search(r'drawing-wide">\s*<svg(?P<head>[^>]*)>(?P<body>.*?)</svg>', page, re.DOTALL)
    if found is None:
        raise ValueError("there is no figure in this page")
    colours = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]+)", page.partition("@media")[0]))
    body = re.sub(r"var\(--([\w-]+)\)", lambda name: colours[name[1]], found["body"])
    box = re.search(r'viewBox="([^"]+)"', found["head"])
    assert box is not None
    _, _, width, height = box[1].split()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -12 {float(width) + 24:g} '
        f'{float(height) + 24:g}" font-family="sans-serif">\n'
        f'<rect x="-12" y="-12" width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


if __name__ == "__main__":
    sys.stdout.write(alone(Path(sys.argv[1]).read_text(encoding="utf-8")))
