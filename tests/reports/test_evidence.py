"""Evidence in the report: sentences say what was stored, and advice never passes for the plan."""

import json
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from reports.as_json import to_json
from reports.evidence import favoured_sentence, leverage, noise_sentences
from reports.page import render
from reports.tables import result_table
from storage.records import StoredResult
from tests.reports import results

NEVADA = "<i>Nevada</i>"
TEST = {"statistic": 180.9, "df": 38, "p_value": 1e-20, "ratio": 3.628, "noisiest": "<b>Ohio</b>",
        "quietest": "Utah", "treated": 0.391}  # fmt: skip
LEFT = {"tried": 27, "of": 38, "largest": [{"label": NEVADA, "att": -17.1, "change": -1.5}],
        "low": -17.1, "high": -15.0, "impossible": []}  # fmt: skip
EVIDENCE: dict[str, Any] = {
    "noise": {
        "by_unit": TEST,
        "by_period": TEST | {"p_value": 0.31, "treated": None, "ratio": "Infinity"},
        "serial": {"rho": 0.9775, "statistic": 2.7, "p_value": 0.0059},
    },
    "leverage": {
        "donors": LEFT,
        "treated": LEFT | {"tried": 3, "of": 3, "low": -19.4},
        "periods": {"refused": "there are 0 periods to leave out"},
    },
    "pre_worst": {"period": "<u>1970</u>", "gap": -12.345},
    "pre_durbin_watson": 0.1163,
    "favoured": {"kind": "adaptive", "because": "noise is uneven by unit"},
}


@pytest.fixture
def result() -> StoredResult:
    made = results.prop99()
    with_evidence = (
        replace(one, diagnostics={**one.diagnostics, **EVIDENCE}) if one.att is not None else one
        for one in made.estimates
    )
    return replace(made, estimates=tuple(with_evidence))


def test_noise_is_told_with_its_test_its_size_and_who_is_noisy(result: StoredResult) -> None:
    by_unit, by_period, serial = noise_sentences(result)
    assert by_unit == (
        "Noise is uneven by unit (p < 0.001): the noisiest fifth of units is 3.6 times as noisy as "
        "the quietest; most <b>Ohio</b>, least Utah; the treated units are 0.39 times "
        "as noisy as the median."
    )
    assert by_period.startswith("Noise is not noticeably uneven by period (p = 0.310): ")
    assert "far more noisy than the quietest" in by_period
    assert serial == ("Noise lasts from one period to the next: correlation 0.98 (p = 0.006).")


def test_advice_says_that_the_plan_stays(result: StoredResult) -> None:
    said = favoured_sentence(result)
    assert said.startswith("The evidence favours the adaptive variance: noise is uneven by unit.")
    assert "the variance given both, named primary before the result was known, stays" in said


def test_leverage_names_the_largest_or_says_why_there_is_none(result: StoredResult) -> None:
    rows = leverage(result)
    assert [one.label for one in rows] == ["DID", "DIFP", "SDID", "DWCP"]
    assert "<i>Nevada</i>: −1.5" in rows[0].donor
    assert "27 of 38 tried" in rows[0].donor
    assert rows[0].treated == "<i>Nevada</i>: −1.5 (3 of 3 tried)"
    assert rows[0].period == "there are 0 periods to leave out."
    assert rows[0].bounds == "−19.4 to −15.0"


def test_how_gaps_before_treatment_run_is_on_the_page(result: StoredResult) -> None:
    page = render(result)
    assert page.count("<td>&lt;u&gt;1970&lt;/u&gt;: −12.3</td><td>0.12</td>") == 4
    assert "<td>–</td><td>–</td>" in render(results.prop99())


def test_results_from_before_treated_units_were_left_out_have_a_dash_there() -> None:
    made = results.prop99()
    old = {"leverage": {"donors": LEFT, "periods": LEFT}}
    estimates = tuple(
        replace(one, diagnostics={**one.diagnostics, **old}) for one in made.estimates
    )
    assert leverage(replace(made, estimates=estimates))[0].treated == "–"


def test_labels_in_evidence_are_escaped_on_the_page(result: StoredResult) -> None:
    page = render(result)
    assert "&lt;b&gt;Ohio&lt;/b&gt;" in page
    assert "&lt;i&gt;Nevada&lt;/i&gt;" in page
    assert "<i>Nevada" not in page
    assert page.index("How noisy this panel is") < page.index("What it rests on")


def test_evidence_is_in_json_and_its_advice_in_the_terminal(result: StoredResult) -> None:
    told = json.loads(json.dumps(to_json(result), allow_nan=False))
    assert told["estimates"][0]["diagnostics"]["favoured"] == EVIDENCE["favoured"]
    assert told["estimates"][1]["diagnostics"] == {}
    console = Console(width=80, color_system=None)
    with console.capture() as shown:
        console.print(result_table(result))
    assert "The evidence favours the adaptive variance" in " ".join(shown.get().split())


def test_a_result_stored_before_there_was_evidence_is_shown_without(result: StoredResult) -> None:
    old = results.prop99()
    assert noise_sentences(old) == []
    assert favoured_sentence(old) == ""
    assert leverage(old) == []
    assert "What it rests on" not in render(old)
