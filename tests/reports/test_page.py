"""The report page: complete, escaped, and in need of nothing but itself."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from estimators.core.panel import Panel
from reports.page import render
from storage.records import StoredResult
from tests.reports import results
from tests.reports.outline import Outline


@pytest.fixture(params=["prop99", "softdrinks"])
def result(request: pytest.FixtureRequest) -> StoredResult:
    made: StoredResult = getattr(results, request.param)()
    return made


def test_the_page_is_well_formed(result: StoredResult) -> None:
    outline = Outline(render(result))
    assert outline.unbalanced == []
    assert outline.open == []


def test_the_page_asks_nobody_for_anything(result: StoredResult) -> None:
    page = render(result)
    addresses = set(re.findall(r"(?:https?:)?//[^\s\"'<>)]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "url(" not in page
    assert "@import" not in page
    outline = Outline(page)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in outline.tags}
    assert not any(name.startswith("on") for _, attrs in outline.tags for name in attrs)


def test_the_policy_of_the_page_forbids_everything_but_its_own_style(result: StoredResult) -> None:
    policy = next(
        attrs["content"] or ""
        for tag, attrs in Outline(render(result)).tags
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_nothing_on_the_page_needs_inline_styles_which_its_policy_forbids(
    result: StoredResult,
) -> None:
    assert not any("style" in attrs for _, attrs in Outline(render(result)).tags)


def test_headings_are_in_order_and_there_is_one_title(result: StoredResult) -> None:
    levels = [int(tag[1]) for tag, _ in Outline(render(result)).tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_figure_says_its_key_numbers_in_words(result: StoredResult) -> None:
    figures = [a for tag, a in Outline(render(result)).tags if a.get("role") == "img"]
    assert len(figures) == (5 if result.study == "prop99" else 4)  # logarithms are not added up
    for attrs in figures:
        assert re.search(r"\d", attrs["aria-label"] or "")


def test_drawings_take_their_colours_from_the_style_sheet(result: StoredResult) -> None:
    page = render(result)
    assert 'stroke="var(--accent)"' in page
    assert "#0a00" not in page


def test_numbers_never_appear_as_nan_or_none(result: StoredResult) -> None:
    prose = re.sub(r"<(style|pre)>.*?</\1>", "", render(result), flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", prose)
    assert not re.search(r"\b(nan|NaN|None|inf|undefined)\b", text)
    assert "-0" not in re.sub(r"[0-9a-f-]{8,}", "", text)


def test_the_page_shows_the_answer_and_every_refusal_with_its_reason() -> None:
    page = render(results.prop99())
    assert "Proposition 99 lowered cigarette sales in California by" in page
    assert "Two estimators and one variance were refused." in page
    assert "<strong>SC:</strong> California cannot be reproduced: 3 donors, 5 were needed." in page
    assert "<strong>DID, variance given unit:</strong> 2 placebo windows" in page


def test_the_page_shows_where_the_result_comes_from() -> None:
    result = results.prop99()
    page = render(result)
    for mark in (result.result_id, result.plan_hash, result.snapshot_hash, result.code_version,
                 result.environment_hash, result.requested_by, result.reason):  # fmt: skip
        assert mark in page
    assert "22 November 2026 at 09:30 UTC" in page
    assert "liftledger run prop99" in page
    assert "&#34;primary&#34;: &#34;sdid&#34;" in page


def test_warnings_of_the_checks_come_before_what_passed() -> None:
    page = render(results.prop99())
    assert page.index("! warning") < page.index("✓ passed")
    assert "2 cases: Utah, &lt;b&gt;Ohio&lt;/b&gt;" in page


def test_examples_that_a_check_has_named_already_are_not_repeated() -> None:
    check = {"name": "gaps", "severity": "warn", "passed": False, "count": 1,
             "examples": ["Utah"], "message": "1 unit has gaps: Utah; fill them"}  # fmt: skip
    page = render(replace(results.prop99(), validation={"checks": [check]}))
    assert "1 unit has gaps: Utah; fill them.</li>" in page


def test_an_infinite_setting_is_shown_as_one() -> None:
    result = results.prop99()
    did = replace(result.estimates[0], settings={"penalty": "Infinity", "folds": 5})
    assert "penalty ∞, folds 5" in render(replace(result, estimates=(did,)))


def test_weights_are_listed_largest_first() -> None:
    page = render(results.prop99())
    units = page[page.index("Units: ") :]
    values = [float(x) for x in re.findall(r"</span><span>([\d.]+)</span>", units)][:5]
    assert values == sorted(values, reverse=True)


def test_many_groups_of_treated_cells_are_averaged_and_said_to_be() -> None:
    page = render(results.softdrinks())
    assert "Each of the 40 groups of treated cells has its own weights" in page
    assert "average over 40 groups of treated cells" in page


def test_the_chosen_candidate_of_the_tuning_is_marked() -> None:
    page = render(results.prop99())
    chosen = page[: page.index(">chosen<")].rsplit("<tr", 1)[1]
    assert "shrinkage 10.2" in chosen


def test_an_alternative_is_called_one_wherever_its_numbers_stand() -> None:
    result = results.prop99()
    did, dwcp = result.estimates[0], result.estimates[5]
    kept = tuple(v for v in dwcp.variances if v.kind != "given_both")
    refused = results.refused_estimate("sdid", "treatment switches off")
    page = render(replace(result, estimates=(did, refused, replace(dwcp, variances=kept))))
    assert "<dt>Average effect, DWCP (alternative)</dt>" in page
    assert "<dt>95 % interval, given period (alternative)</dt>" in page
    assert "The estimate or the variance that is primary by the plan was refused." in page


def test_a_result_without_any_answer_is_a_page_that_says_so() -> None:
    result = results.prop99()
    refused = tuple(results.refused_estimate(e.estimator, "no donor") for e in result.estimates)
    page = render(replace(result, estimates=refused))
    assert "There is no answer: 6 estimators refused." in page
    assert "DID, SC, DIFP, MC, SDID and DWCP:</strong> no donor." in page
    assert 'role="img"' not in page


def test_a_bare_estimate_without_diagnostics_or_intervals_is_shown() -> None:
    result = results.prop99()
    bare = replace(
        result.estimates[0], diagnostics={}, variances=(), by_period=(), tuning=None, weights=(),
        counterfactual=None,
    )  # fmt: skip
    page = render(replace(result, estimates=(bare,), validation={}))
    assert "−27.3" in page
    assert "how sure this is cannot be said" in page


def test_missing_outcomes_and_infinite_degrees_of_freedom_are_no_trouble() -> None:
    result = results.prop99()
    old = result.panel
    outcome = np.array(old.outcome)
    outcome[4, 2] = np.nan
    sdid = result.estimates[4]
    normal = tuple(
        replace(v, df=df)
        for v, df in zip(sdid.variances, (float("inf"), 37, 12.34, None, 4.5), strict=True)
    )
    page = render(
        replace(
            result,
            panel=Panel(outcome, old.treatment, old.units, old.periods),
            estimates=(replace(sdid, variances=normal),),
        )
    )
    assert "1 cell not observed" in page
    assert all(f"<td>{df}</td>" in page for df in ("∞", "37", "12.3", "–"))


def test_one_overlong_interval_does_not_squeeze_the_others() -> None:
    result = results.prop99()
    sdid = result.estimates[4]
    wild = replace(sdid.variances[0], ci_low=-90_000.0, ci_high=90_000.0)
    page = render(
        replace(result, estimates=(replace(sdid, variances=(wild, *sdid.variances[1:])),))
    )
    assert "Arrows: the interval is longer than drawn" in page
    assert "−90,000.0 to 90,000.0" in page
