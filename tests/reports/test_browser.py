"""The report in a real browser, when there is one."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, sync_playwright

from reports.page import render
from tests.reports import results

Scheme = Literal["light", "dark"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next((found for name in BROWSERS if (found := shutil.which(name))), None)

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason=f"no browser found: looked for {', '.join(BROWSERS)}"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as running:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        opened = running.chromium.launch(executable_path=BROWSER, args=arguments)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    written = {}
    for name in ("prop99", "softdrinks"):
        written[name] = folder / f"{name}.html"
        written[name].write_text(render(getattr(results, name)()), encoding="utf-8")
    return written


@pytest.mark.parametrize("study", ["prop99", "softdrinks"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_its_window_without_complaint_or_request(
    browser: Browser, pages: dict[str, Path], study: str, width: int, scheme: Scheme
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    address = pages[study].as_uri()
    page.goto(address)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    assert asked == [address]
    assert page.locator("figure svg:visible >> nth=0").is_visible()
    context.close()


def test_letters_in_drawings_are_readable_on_a_phone(
    browser: Browser, pages: dict[str, Path]
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(pages["prop99"].as_uri())
    heights = page.eval_on_selector_all(
        ".drawing-narrow svg text", "all => all.map(one => one.getBoundingClientRect().height)"
    )
    context.close()
    assert heights
    assert min(heights) >= 9


def test_dark_pages_are_dark_and_their_drawings_follow(
    browser: Browser, pages: dict[str, Path]
) -> None:
    def colours(scheme: Scheme) -> tuple[str, str]:
        context = browser.new_context(viewport={"width": 1280, "height": 844}, color_scheme=scheme)
        page = context.new_page()
        page.goto(pages["prop99"].as_uri())
        style = "all => getComputedStyle(all)"
        paper = page.eval_on_selector("body", f"{style}.backgroundColor".replace("all", "one"))
        label = page.eval_on_selector(
            ".drawing-wide svg text", f"{style}.fill".replace("all", "one")
        )
        context.close()
        return str(paper), str(label)

    light, dark = colours("light"), colours("dark")
    assert light[0] != dark[0]
    assert light[1] != dark[1]
