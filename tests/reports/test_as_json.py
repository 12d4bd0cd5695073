"""`--json` prints the object that others parse: fixed keys, null for what is not known."""

import json
from dataclasses import replace
from typing import Any

from reports.as_json import summary_to_json, to_json
from tests.reports import results

ESTIMATE = {
    "estimator", "status", "att", "reason", "variances", "by_period", "cumulative", "bands",
    "diagnostics",
}  # fmt: skip
VARIANCE = {
    "kind", "status", "standard_error", "df", "ci_low", "ci_high", "p_value", "placebos",
    "construction", "reason", "total", "total_low", "total_high", "lift", "lift_low", "lift_high",
    "lift_reason",
}  # fmt: skip
PERIOD = {
    "period", "treated", "effect", "standard_error", "ci_low", "ci_high", "band_low", "band_high",
}  # fmt: skip
BAND = {"critical_value", "p_value", "placebos", "construction", "reason"}
KINDS = ["marginal", "given_unit", "given_period", "given_both", "adaptive"]


def parsed() -> Any:
    return json.loads(json.dumps(to_json(results.prop99()), allow_nan=False))


def test_the_object_has_exactly_the_promised_keys() -> None:
    found = parsed()
    assert set(found) == {
        "study", "version", "result_id", "estimates", "decisions", "pin", "later", "plan",
        "promotion",
    }  # fmt: skip
    for estimate in found["estimates"]:
        assert set(estimate) == ESTIMATE
        assert [variance["kind"] for variance in estimate["variances"]] == KINDS
        assert all(set(variance) == VARIANCE for variance in estimate["variances"])
        assert all(set(row) == PERIOD for row in estimate["by_period"])
        assert all(set(row) == PERIOD | {"missing"} for row in estimate["cumulative"])
        assert set(estimate["bands"]) == {"by_period", "cumulative"}
        assert all(set(band) == BAND for band in estimate["bands"].values())


def test_numbers_are_passed_on_unrounded() -> None:
    result = results.prop99()
    found = to_json(result)["estimates"][0]
    assert found["att"] == result.estimates[0].att
    assert round(found["att"], 6) == -27.349111
    assert found["status"] == "answered"
    assert found["reason"] is None


def test_every_interval_says_how_many_placebos_it_rests_on_and_which() -> None:
    stored = results.prop99().estimates[0].variances
    said = {one["kind"]: one for one in parsed()["estimates"][0]["variances"]}
    answered = [one for one in stored if one.status == "answered"]
    assert answered
    for one in answered:
        assert said[one.kind]["placebos"] == one.placebos
        assert said[one.kind]["construction"] == one.construction


def test_a_refused_estimate_has_a_reason_and_no_numbers() -> None:
    refused = parsed()["estimates"][1]
    assert refused["status"] == "refused"
    assert "5 were needed" in refused["reason"]
    assert refused["att"] is None
    for variance in refused["variances"]:
        assert variance["status"] == "refused"
        assert variance["reason"]
        assert all(variance[key] is None for key in VARIANCE - {"kind", "status", "reason"})


def test_a_refused_variance_has_a_reason_and_no_numbers() -> None:
    variance = parsed()["estimates"][0]["variances"][1]
    assert variance["kind"] == "given_unit"
    assert variance["status"] == "refused"
    assert "placebo windows" in variance["reason"]
    assert variance["standard_error"] is None


def test_numbers_left_behind_in_a_refusal_are_not_shown() -> None:
    result = results.prop99()
    did = replace(result.estimates[0], status="refused", reason="withdrawn")
    assert to_json(replace(result, estimates=(did,)))["estimates"][0]["att"] is None


def test_what_is_not_finite_becomes_null() -> None:
    result = results.prop99()
    did = result.estimates[0]
    odd = replace(did.variances[0], df=float("inf"), p_value=float("nan"))
    found = to_json(replace(result, estimates=(replace(did, variances=(odd,)),)))
    assert json.dumps(found, allow_nan=False)
    assert found["estimates"][0]["variances"][0]["df"] is None
    assert found["estimates"][0]["variances"][0]["p_value"] is None


def test_the_list_of_results_is_json_too() -> None:
    line = summary_to_json(results.summary(results.prop99(), ci_low=float("nan")))
    assert json.loads(json.dumps(line, allow_nan=False))["ci_low"] is None
    assert line["created_at"] == "2026-11-22T09:30:00+00:00"
