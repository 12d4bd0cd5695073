"""The object that `--json` prints: its shape is fixed, others parse it.

    {"study", "version", "result_id", "estimates": [
        {"estimator", "status", "att", "reason", "variances": [
            {"kind", "status", "standard_error", "df", "ci_low", "ci_high", "p_value",
             "reason"}]}]}

A refusal has status "refused", a reason, and null for every number. JSON has no NaN and no
infinity: a number that is not finite (the degrees of freedom of a normal interval) is null.
"""

import math
from typing import Any

from reports.headline import ANSWERED, kinds, variance_of
from storage.records import ResultSummary, StoredEstimate, StoredResult, StoredVariance


def to_json(result: StoredResult) -> dict[str, Any]:
    """The result as the fixed object; every estimate lists the same kinds of variance."""
    return {
        "study": result.study,
        "version": result.version,
        "result_id": result.result_id,
        "estimates": [_estimate(estimate, kinds(result)) for estimate in result.estimates],
    }


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
    }


def _estimate(estimate: StoredEstimate, asked: tuple[str, ...]) -> dict[str, Any]:
    answered = estimate.status == ANSWERED
    return {
        "estimator": estimate.estimator,
        "status": estimate.status,
        "att": _finite(estimate.att) if answered else None,
        "reason": estimate.reason,
        "variances": [_variance(variance_of(estimate, kind)) for kind in asked],
    }


def _variance(variance: StoredVariance) -> dict[str, Any]:
    answered = variance.status == ANSWERED
    numbers = ("standard_error", "df", "ci_low", "ci_high", "p_value")
    return {
        "kind": variance.kind,
        "status": variance.status,
        **{name: _finite(getattr(variance, name)) if answered else None for name in numbers},
        "reason": variance.reason,
    }


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
