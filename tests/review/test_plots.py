"""The plots of a result's page in a real browser: by mouse, by keyboard, and without a script."""

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.review.test_browser import log_in

RESULT = "/studies/display/versions/1"
VIEWS = ("counterfactual", "effects by period", "effects added up",
         "all estimators", "weights", "placebos", "diagnostics")  # fmt: skip


@pytest.fixture
def page(browser: Browser, site: str) -> Page:
    opened = browser.new_context().new_page()
    log_in(opened, site, "olga")
    opened.goto(site + RESULT)
    expect(opened.get_by_role("heading", name="Look closer")).to_be_visible()
    return opened


def choose(page: Page, label: str, value: str) -> None:
    page.locator("#explore").get_by_label(label).select_option(value)


def test_estimator_and_interval_are_chosen_and_said_as_they_are_stored(
    page: Page, client: httpx.Client
) -> None:
    said = page.locator("#explore .answer")
    expect(said).to_have_text("DID, marginal: −0.33 (−0.70 to 0.10, p = 0.125)")
    choose(page, "Interval", "given_unit")
    reason = "3 placebos, 20 are needed"
    expect(said).to_have_text(f"DID, given unit: −0.33; given unit refused: {reason}")
    choose(page, "Estimator", "sc")
    expect(said).to_contain_text("refused: the treatment switches on and off")
    expect(page.locator("#explore .plots")).to_contain_text("Refused: the treatment switches")
    found = client.get("/api/studies/display/results/1/plots").json()
    assert {one["estimator"] for one in found["estimators"]} == set(
        page.locator("#explore-estimator option").evaluate_all("all => all.map(o => o.value)")
    )


def test_every_plot_is_drawn_for_every_estimator_and_nothing_goes_wrong(page: Page) -> None:
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    for estimator in ("did", "sc", "mc"):
        choose(page, "Estimator", estimator)
        for view in VIEWS:
            choose(page, "Plot", view)
            place = page.locator("#explore .plots")
            assert place.inner_text().strip() or place.locator("svg").count(), (estimator, view)
            assert "NaN" not in place.inner_html(), (estimator, view)
    assert wrong == []


def test_a_plot_is_read_by_arrow_keys_and_by_pointing(page: Page) -> None:
    choose(page, "Plot", "effects added up")
    plot = page.get_by_role("slider", name="Sum of effects so far")
    told = page.locator("#explore .told")
    expect(told).to_contain_text("2006: ")
    plot.focus()
    page.keyboard.press("ArrowLeft")
    expect(told).to_have_text("2005: −0.20, interval −0.40 to 0.00, band −0.50 to 0.10")
    assert plot.get_attribute("aria-valuetext") == told.inner_text()
    page.keyboard.press("End")
    expect(told).to_contain_text("2006: ")
    box = plot.bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2)
    expect(told).to_contain_text("2005: ")


def test_without_a_script_the_page_is_whole_and_shows_no_empty_place(
    browser: Browser, site: str
) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{site}/login")
    page.get_by_label("Name").fill("olga")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    page.goto(site + RESULT)
    assert not page.locator("#explore").is_visible()
    assert page.get_by_role("heading", name="What happened, and what would have").is_visible()
    assert page.get_by_role("region", name="Estimates, standard errors").is_visible()
    page.context.close()
