"""The pages in a real browser: they fit, say nothing on its console, and go by keyboard."""

from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.review.conftest import PASSWORD
from tests.review.test_pages import PAGES

Scheme = Literal["light", "dark"]


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_every_page_fits_its_window_and_no_word_of_the_data_is_run(
    browser: Browser, site: str, width: int, scheme: Scheme
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    log_in(page, site, "ada")
    for address in (*PAGES, "/studies/display/versions/1/decide", "/alerts/1", "/account"):
        page.goto(site + address)
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        assert page.title() != "taken", address
        assert_readable_aloud(page)
    assert said == []
    context.close()


def test_from_the_list_to_a_result_and_back_by_keyboard(browser: Browser, site: str) -> None:
    page = browser.new_context().new_page()
    log_in(page, site, "olga")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    tab_to(page, "display")
    page.keyboard.press("Enter")
    page.wait_for_url("**/studies/display")
    tab_to(page, "version 1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/studies/display/versions/1")
    assert page.get_by_text("display@1 is the official version").is_visible()
    tab_to(page, "the newest, 2")
    page.keyboard.press("Enter")
    page.wait_for_url("**/versions/2")
    tab_to(page, "Studies")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/")
    page.context.close()


def test_from_the_list_to_a_signed_decision_and_never_ones_own(browser: Browser, site: str) -> None:
    page = browser.new_context().new_page()
    log_in(page, site, "bob")
    page.get_by_role("link", name="version 2").click()
    page.get_by_role("link", name="decide, sign off, pin").click()
    assert page.get_by_role("button", name="Sign off").count() == 0  # an analyst may not
    decide = page.get_by_role("form", name="Decide")
    decide.get_by_label("Decision").select_option("stop")
    decide.get_by_label("Reason").fill("it sold nothing")
    decide.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Decided: stop, by bob")).to_be_visible()
    sign_as(page, site, "ada")  # who asked for the analysis
    told = page.get_by_role("alert").inner_text()
    assert "ada asked for the analysis display@2: somebody else must sign it off" in told
    assert "Signed off" not in page.locator("header").inner_text()
    sign_as(page, site, "carla")
    expect(page.get_by_text("Signed off by carla")).to_be_visible()
    page.goto(f"{site}/decisions")
    assert page.get_by_role("row", name="display@2").get_by_text("carla").is_visible()
    page.context.close()


def test_the_whole_way_to_a_signed_decision_goes_by_keyboard(browser: Browser, site: str) -> None:
    page = browser.new_context().new_page()
    log_in(page, site, "bob")
    for link, address in (("version 2", "/versions/2"), ("decide, sign off, pin", "/decide")):
        tab_to(page, link)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{address}")
    tab_to(page, "Decide")  # the button; before it the reason, and before that the choice
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("it sold nothing")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("stop")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Decided: stop, by bob")).to_be_visible()
    for words, address in (("bob, analyst", "/account"), ("Log out", "/login")):
        tab_to(page, words)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{address}")
    log_in(page, site, "carla", "/studies/display/versions/2/decide")
    tab_to(page, "Sign off")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("read it")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Signed off by carla")).to_be_visible()
    page.context.close()


def sign_as(page: Page, site: str, name: str) -> None:
    page.goto(f"{site}/account")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(f"{site}/login")
    log_in(page, site, name, "/studies/display/versions/2/decide")
    form = page.get_by_role("form", name="Sign off")
    form.get_by_label("Reason").fill("read it")
    form.get_by_role("button", name="Sign off").click()


def log_in(page: Page, site: str, name: str, address: str = "/") -> None:
    """By keyboard: the name has the focus, the password is next."""
    page.goto(site + address)
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(site + address)


def tab_to(page: Page, text: str) -> None:
    """Press the tabulator until the element with this text has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == text:
            return
    raise AssertionError(f"no {text!r} can be reached by the tabulator")


def assert_readable_aloud(page: Page) -> None:
    """One main part, one first heading, a name for every table, field, button and navigation."""
    assert page.locator("main").count() == page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("nav:not([aria-label])").count() == 0
    assert page.locator("table:not(:has(caption))").locator("visible=true").count() == (
        page.locator("[role=region][aria-label] table:not(:has(caption))")
        .locator("visible=true")
        .count()
    )
    names = page.eval_on_selector_all(
        "input:not([type=hidden]), select, textarea",
        "all => all.map(one => one.labels.length ? one.labels[0].textContent.trim() : '')",
    )
    assert all(names)
    links = page.eval_on_selector_all("a, button", "all => all.map(one => one.textContent.trim())")
    assert all(links)
