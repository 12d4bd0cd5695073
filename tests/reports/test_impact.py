"""Sums, bands and percentages, as people and programs get to see them."""

from dataclasses import replace
from typing import Any

import pytest

from reports.as_json import to_json
from reports.effects import cumulative_effect, effects_by_period
from reports.facts import facts
from reports.headline import headline
from reports.impact import impact_sentence, lifts, lines, not_in_percent, shown
from reports.page import render
from storage.records import StoredResult
from tests.reports import results

REASON = "the 95 % interval of the effect reaches 70 and the treated cells average 60"


def changed(result: StoredResult, **diagnostics: Any) -> StoredResult:
    """The result with these diagnostics of every estimate that answered."""
    estimates = tuple(
        replace(one, diagnostics={**one.diagnostics, **diagnostics}) if one.diagnostics else one
        for one in result.estimates
    )
    return replace(result, estimates=estimates)


def measured_in(result: StoredResult, measure: str) -> StoredResult:
    return replace(result, plan=result.plan.model_copy(update={"measure": measure}))


def without_percentage(result: StoredResult) -> StoredResult:
    known = [one.diagnostics.get("impacts") or [] for one in result.estimates]
    stored = next(one for one in known if one)
    none = {"lift": None, "lift_low": None, "lift_high": None, "reason": REASON}
    return changed(result, impacts=[{**one, **none} for one in stored])


def test_the_total_is_the_effect_times_the_cells_and_the_percentage_stands_beside_it() -> None:
    result = results.prop99()
    chosen = headline(result)
    assert chosen.estimate is not None
    assert chosen.estimate.att is not None
    assert chosen.variance is not None
    stored = chosen.estimate.diagnostics["impacts"][-1]
    assert stored["total"] == 12 * chosen.estimate.att
    known = dict(facts(result))
    said = shown(result, chosen.estimate, chosen.variance.kind)
    assert known["Relative effect"] == said.lift
    assert known["Relative, 95 % interval"] == said.lift_bounds
    assert known["Total over 12 treated cells"] == f"{said.total} ({said.total_bounds})"
    sentence = impact_sentence(result)
    assert said.lift in sentence
    assert "packs per person over 12 treated cells" in sentence
    assert sentence.endswith("SDID, variance given both.")


def test_an_interval_that_excludes_zero_is_not_printed_as_one_that_touches_it() -> None:
    result = results.prop99()
    stored = dict(results.prop99().estimates[4].diagnostics["impacts"][-1])
    close = stored | {"lift": -0.4, "lift_low": -0.8, "lift_high": -0.0004}
    said = shown(changed(result, impacts=[close]), changed(result, impacts=[close]).estimates[4],
                 close["kind"])  # fmt: skip
    assert said.lift_bounds == "−80.00 to −0.04 %"


@pytest.mark.parametrize("measure", ["log(1 + units)", "ln wage", "Log sales"])
def test_logarithms_have_no_sum_and_no_percentage_and_are_said_not_to(measure: str) -> None:
    result = measured_in(results.prop99(), measure)
    assert not [term for term, _ in facts(result) if "otal" in term or "elative" in term]
    assert lines(result) == []
    assert not any(lifts(result).values())
    estimate = headline(result).estimate
    assert estimate is not None
    assert cumulative_effect(result, estimate) is None
    assert "Not in percent: the outcome is a logarithm" in impact_sentence(result)
    assert "Not in percent: the outcome is a logarithm" in render(result)
    for one in to_json(result)["estimates"][0]["variances"]:
        assert one["lift"] is None
        assert "logarithm" in (one["lift_reason"] or "logarithm")


def test_a_percentage_that_was_refused_leaves_the_total_and_says_why() -> None:
    result = without_percentage(results.prop99())
    assert not_in_percent(result) == f"Not in percent: {REASON}."
    assert "Relative effect" not in dict(facts(result))
    assert "Total over 12 treated cells" in dict(facts(result))
    assert impact_sentence(result).startswith("In total ")
    page = render(result)
    assert "SDID, given both, in percent:</strong> the 95 % interval" in page
    answered = [
        one
        for estimate in to_json(result)["estimates"]
        for one in estimate["variances"]
        if one["status"] == "answered"
    ]
    assert all(one["lift"] is None and one["lift_reason"] == REASON for one in answered)
    assert all(one["total"] is not None for one in answered)


def test_json_has_the_numbers_as_they_were_stored() -> None:
    result = results.prop99()
    stored, found = result.estimates[4], to_json(result)["estimates"][4]
    for impact, variance in zip(stored.diagnostics["impacts"], found["variances"], strict=True):
        for name in ("total", "total_low", "total_high", "lift", "lift_low", "lift_high"):
            assert variance[name] == impact[name]
    assert found["by_period"][-1]["band_low"] == stored.by_period[-1]["band_low"]
    assert found["cumulative"] == stored.diagnostics["cumulative"]
    assert found["bands"]["by_period"]["p_value"] == 0.0256


def test_figures_show_the_band_beside_the_intervals_and_tell_them_apart() -> None:
    result = results.prop99()
    estimate = result.estimates[4]
    for figure in (effects_by_period(result, estimate), cumulative_effect(result, estimate)):
        assert figure is not None
        words = [key.words for key in figure.key]
        assert "95 % interval, each period alone" in words
        assert "95 % band, all periods at once" in words
        assert "38 placebo paths" in figure.caption
        # 12 steps of a band, each as wide as a period
        assert figure.wide.count('fill="var(--accent)" opacity="0.16"') == 12


def test_a_band_that_was_refused_leaves_the_intervals_and_its_reason() -> None:
    reason = "needs 19 placebo paths that reach each of them; there are 11"
    result = changed(results.prop99(), bands={"by_period": {"key": "by_period", "reason": reason}})
    rows = tuple({**row, "band_low": None, "band_high": None}
                 for row in result.estimates[4].by_period)  # fmt: skip
    figure = effects_by_period(result, replace(result.estimates[4], by_period=rows))
    assert f"No band: {reason}." in figure.caption
    assert not [key for key in figure.key if "band" in key.words]


def test_missing_cells_are_said_to_be_missing_from_the_sum() -> None:
    result = results.prop99()
    rows = [dict(row, missing=2) for row in result.estimates[4].diagnostics["cumulative"]]
    gaps = changed(result, cumulative=rows)
    assert "Total over 12 treated cells, 2 more not observed" in dict(facts(gaps))
    figure = cumulative_effect(gaps, gaps.estimates[4])
    assert figure is not None
    assert "2 more are not observed, and not in it" in figure.caption


def test_results_from_before_there_were_bands_are_shown_without() -> None:
    result = results.prop99()
    estimates = tuple(
        replace(
            one,
            diagnostics={
                name: value
                for name, value in one.diagnostics.items()
                if name not in ("bands", "cumulative", "impacts")
            },
            by_period=tuple(
                {name: value for name, value in row.items() if not name.startswith("band_")}
                for row in one.by_period
            ),
        )
        for one in result.estimates
    )
    older = replace(result, estimates=estimates)
    page = render(older)
    assert "Added up" not in page
    assert "Not in percent" not in page
    assert impact_sentence(older) == ""
    assert to_json(older)["estimates"][4]["bands"]["cumulative"]["reason"] is None
