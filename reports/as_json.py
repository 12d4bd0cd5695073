"""The object that `--json` prints: its shape is fixed, others parse it.

    {"study", "version", "result_id", "estimates": [
        {"estimator", "status", "att", "reason", "variances": [
            {"kind", "status", "standard_error", "df", "ci_low", "ci_high", "p_value", "placebos",
             "construction", "reason", "total", "total_low", "total_high", "lift", "lift_low",
             "lift_high", "lift_reason"}],
         "by_period": [
            {"period", "treated", "effect", "standard_error", "ci_low", "ci_high", "band_low",
             "band_high"}],
         "cumulative": [the same, and "missing"],
         "bands": {"by_period": BAND, "cumulative": BAND},
         "diagnostics": {"noise", "leverage", "favoured", "placebo_rank", "pre_rmse", …}}],
     "choice": where a rule chose the primary estimator, {"estimator", "rule", "how", "reason",
         "tied_with", "content_hash", "chosen", "answered", "race": as `liftledger race --json`},
     "account": where the plan asks for one, what the promotion was worth (reports/account_json.py),
     "decisions": [as `liftledger decisions --json`],
     "pin": null, or {"study", "version", "reason", "pinned_by", "pinned_at"} of the official
         version, this one or another; "later": number of the newest version where this is older,
     "restated": where it was computed again because its data had changed, {"since", "used",
         "count", "by_what", "treated", "share", "moved", "shift", "cells": [{"unit", "period",
         "what", "old", "new", "relative"}], "answers": [{"estimator", "old", "new"}]},
     "plan": {"answered", "versions": [VERSION, and "plan_hash"], "promotion_versions": [VERSION,
         and "details"]}, "promotion": null, or where it lies in the panel, with "remarks"}

VERSION is {"version", "registered_at", "registered_by", "reason", "registered": before, while or
after the promotion ran, "changes": [{"key", "before", "after"}]}.
BAND is {"critical_value", "p_value", "placebos", "construction", "reason"}; lift is a share, 0.1
being 10 %. A refusal has status "refused", a reason, and null for every number; where only the
percentage is refused, lift_reason says why. JSON has no NaN and no infinity: a number that is not
finite (the degrees of freedom of a normal interval) is null. placebos: draws behind an interval;
construction: which, of how many, in one sentence.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from reports import account_json, choice, decisions, promotion, registered, restatements
from reports.headline import ANSWERED, kinds, variance_of
from reports.impact import impact_of, withheld
from reports.pins import pin_to_json
from reports.race import to_json as race_to_json
from storage.records import ResultSummary, StoredEstimate, StoredResult

NUMBERS = ("standard_error", "df", "ci_low", "ci_high", "p_value")
PERIOD = (
    "period", "treated", "effect", "standard_error", "ci_low", "ci_high", "band_low", "band_high",
)  # fmt: skip
BANDS = ("by_period", "cumulative")
EVIDENCE = (
    "noise", "leverage", "favoured", "placebo_rank", "pre_rmse", "pre_rmse_share", "pre_worst",
    "pre_durbin_watson",
)  # fmt: skip
BAND = ("critical_value", "p_value", "placebos", "construction", "reason")


def to_json(result: StoredResult) -> dict[str, Any]:
    """The result as the fixed object; every estimate lists the same kinds of variance."""
    found = {
        "study": result.study,
        "version": result.version,
        "result_id": result.result_id,
        "estimates": [_estimate(result, estimate) for estimate in result.estimates],
    }
    if result.choice is not None:
        race = result.choice.race
        found["choice"] = choice.to_json(result.choice) | {
            "race": None if race is None else race_to_json(race)
        }
    if (said := account_json.to_json(result)) is not None:
        found["account"] = said
    found["decisions"] = decisions.to_json(result.decisions)
    found["pin"] = pin_to_json(result.pin)
    found["later"] = None if result.later is None else result.later.version
    if result.restated is not None:
        found["restated"] = restatements.to_json(result)
    found["plan"] = registered.to_json(result)
    found["promotion"] = promotion.to_json(result.placed)
    return found


def summary_to_json(summary: ResultSummary) -> dict[str, Any]:
    """One line of `liftledger results --json`."""
    return {
        "study": summary.study,
        "version": summary.version,
        "result_id": summary.result_id,
        "created_at": summary.created_at.isoformat(),
        "primary": summary.primary,
        "att": _finite(summary.att),
        "ci_low": _finite(summary.ci_low),
        "ci_high": _finite(summary.ci_high),
        "reason": summary.reason,
        "decisions": decisions.to_json(summary.decisions),
        "pinned": summary.pin is not None and summary.pin.version == summary.version,
    }


def _estimate(result: StoredResult, estimate: StoredEstimate) -> dict[str, Any]:
    answered = estimate.status == ANSWERED
    known = estimate.diagnostics if answered else {}
    bands = known.get("bands") or {}
    return {
        "estimator": estimate.estimator,
        "status": estimate.status,
        "att": _finite(estimate.att) if answered else None,
        "reason": estimate.reason,
        "variances": [_variance(result, estimate, kind) for kind in kinds(result)],
        "by_period": [_row(row, PERIOD) for row in (estimate.by_period if answered else ())],
        "cumulative": [_row(row, (*PERIOD, "missing")) for row in known.get("cumulative") or ()],
        "bands": {name: _row(bands.get(name) or {}, BAND) for name in BANDS},
        "diagnostics": {name: known[name] for name in EVIDENCE if name in known},
    }


def _variance(result: StoredResult, estimate: StoredEstimate, kind: str) -> dict[str, Any]:
    variance = variance_of(estimate, kind)
    answered = variance.status == ANSWERED
    stored = (impact_of(estimate, kind) if answered else None) or {}
    lift = {} if withheld(result) else stored
    return {
        "kind": variance.kind,
        "status": variance.status,
        **{name: _finite(getattr(variance, name)) if answered else None for name in NUMBERS},
        "placebos": variance.placebos if answered else None,
        "construction": variance.construction if answered else None,
        "reason": variance.reason,
        **_row(stored, ("total", "total_low", "total_high")),
        **_row(lift, ("lift", "lift_low", "lift_high")),
        "lift_reason": (withheld(result) or stored.get("reason")) if stored else None,
    }


def _row(stored: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """These of the stored values; null for what is not there, or not finite."""
    found = {name: stored.get(name) for name in names}
    return {
        name: _finite(value) if isinstance(value, float) else value for name, value in found.items()
    }


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
