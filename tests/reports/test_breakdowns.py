"""The tables that take the average effect apart: by cohort, event time and unit."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reports.breakdowns import breakdowns
from reports.page import render
from storage.records import StoredResult
from tests.reports import results
from tests.reports.outline import Outline


def row(label: Any, treated: int, effect: float) -> dict[str, Any]:
    return {"label": label, "treated": treated, "observed": 100.0 + effect,
            "counterfactual": 100.0, "effect": effect}  # fmt: skip


STORED = {
    "cohort": [row([1989, 2000], 12, -15.6), row([1995, 1995], 1, 2.0)],
    "event_time": [row(-1, 0, 0.4), row(0, 2, -3.0), row(1, 1, -28.0)],
    "unit": [row("California", 12, -15.6), row("<b>Ohio</b>", 1, 2.0)],
}


def with_breakdowns(stored: Mapping[str, Any]) -> StoredResult:
    result = results.prop99()
    changed = tuple(
        replace(e, diagnostics={**e.diagnostics, "effects_by": stored})
        if e.estimator == result.primary else e
        for e in result.estimates
    )  # fmt: skip
    return replace(result, estimates=changed)


def test_each_breakdown_is_a_table_in_the_words_of_its_groups() -> None:
    cohort, time, unit = breakdowns(with_breakdowns(STORED))
    assert [one.title for one in (cohort, time, unit)] == [
        "Effects by cohort", "Effects by event time", "Effects by unit",
    ]  # fmt: skip
    assert cohort.rows[0] == ("1989 to 2000", "12", "84.4", "100.0", "−15.6")
    assert cohort.rows[1][0] == "1995"
    assert [one[:2] for one in time.rows] == [("−1", "–"), ("0", "2"), ("1", "1")]
    assert unit.rows[0][0] == "California"


def test_few_cohorts_are_open_and_the_rest_is_there_when_asked_for() -> None:
    assert [one.open for one in breakdowns(with_breakdowns(STORED))] == [True, False, False]
    many = {"cohort": [row([year, 2000], 1, 0.0) for year in range(1980, 1993)]}
    assert [one.open for one in breakdowns(with_breakdowns(many))] == [False]


def test_the_page_shows_them_well_formed_and_escaped() -> None:
    page = render(with_breakdowns(STORED))
    outline = Outline(page)
    assert outline.unbalanced == []
    assert outline.open == []
    assert "<details open>\n<summary>Effects by cohort as a table</summary>" in page
    assert '<th scope="row">&lt;b&gt;Ohio&lt;/b&gt;</th>' in page


def test_an_estimate_without_breakdowns_has_no_empty_tables() -> None:
    assert breakdowns(results.prop99()) == []
    assert "as a table</summary>" in render(results.prop99())
    assert "Effects by unit" not in render(with_breakdowns({}))
