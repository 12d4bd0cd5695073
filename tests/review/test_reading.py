"""Every page as axe reads it, in both colours and both widths: nothing serious is in the way."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser

from tests.review.test_browser import log_in
from tests.review.test_pages import PAGES

OTHERS = ("/studies/display/versions/1/decide", "/alerts/1", "/account", "/nowhere")
GRAVE = ("serious", "critical")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious_on_any_page(
    browser: Browser, site: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page, axe = context.new_page(), Axe()
    page.goto(f"{site}/login")
    found = {"/login": axe.run(page)}
    log_in(page, site, "ada")
    for address in (*PAGES, *OTHERS):
        page.goto(site + address)
        if page.locator("[data-source]").count():  # plots are drawn from what they fetch
            page.wait_for_load_state("networkidle")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        found[address] = axe.run(page)
    context.close()
    grave = [
        (address, one["id"], node["target"], node["failureSummary"])
        for address, result in found.items()
        for one in result.response["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
    assert grave == []
