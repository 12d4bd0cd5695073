"""The figure of a page, as a file that stands alone."""

import re
import xml.etree.ElementTree as ET

import pytest

from benchmarks.measuring.page_figure import alone
from reports.race_page import render
from tests.reports import races


def test_the_figure_of_a_page_stands_alone_with_the_colours_of_light() -> None:
    page = render(races.nine())
    drawn = alone(page)
    ET.fromstring(drawn)
    assert "var(" not in drawn
    accent = re.search(r"--accent: (#[0-9a-f]+)", page)
    assert accent is not None
    assert accent[1] in drawn
    assert ">cps_hours<" in drawn
    assert not re.search(r'(href|src)="', drawn)


def test_a_page_without_a_figure_is_refused() -> None:
    with pytest.raises(ValueError, match="no figure"):
        alone("<html></html>")
