"""Which estimate and which interval a result is announced with.

What the plan named primary, whenever it answered. When it was refused, an alternative is chosen
by rules that do not look at the answer in the announcer's favour, and it is never silent:

    estimator   the most general one that answered: the last in the catalogue
    variance    the one with the widest interval among those that answered
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from estimators import ESTIMATORS, VARIANCES
from storage.records import StoredEstimate, StoredResult, StoredVariance

ANSWERED = "answered"


@dataclass(frozen=True)
class Headline:
    """What is announced, and what was planned but refused.

    estimate, variance: None when nothing answered
    estimator_refusal, variance_refusal: why the planned one is not what is announced; None when
        it is. A variance is judged on the announced estimate
    """

    estimate: StoredEstimate | None
    variance: StoredVariance | None
    estimator_refusal: str | None
    variance_refusal: str | None


def headline(result: StoredResult) -> Headline:
    """Choose what to announce. Never raises: a result in which all was refused has a headline."""
    planned = result.primary
    answered = {e.estimator: e for e in result.estimates if estimate_answered(e)}
    refusal = None if planned in answered else _estimator_reason(result, planned)
    estimate = answered.get(planned) or _most_general(answered)
    if estimate is None:
        return Headline(None, None, refusal, None)
    kind = result.plan.inference.primary
    variances = {v.kind: v for v in estimate.variances if variance_answered(v)}
    if kind in variances:
        return Headline(estimate, variances[kind], refusal, None)
    widest = max(variances.values(), key=_width, default=None)
    return Headline(estimate, widest, refusal, _variance_reason(estimate, kind))


def estimate_answered(estimate: StoredEstimate) -> bool:
    """True when the estimator gave a number; what is not finite is no answer."""
    return estimate.status == ANSWERED and _finite(estimate.att)


def variance_answered(variance: StoredVariance) -> bool:
    """True when the variance gave an interval."""
    return variance.status == ANSWERED and _finite(variance.ci_low) and _finite(variance.ci_high)


def kinds(result: StoredResult) -> tuple[str, ...]:
    """The kinds of inference of this result: catalogue order first, then any others."""
    stored = dict.fromkeys(v.kind for e in result.estimates for v in e.variances)
    stored = stored or dict.fromkeys(result.plan.inference.kinds)
    known = [kind for kind in VARIANCES if kind in stored]
    return (*known, *(kind for kind in stored if kind not in VARIANCES))


def variance_of(estimate: StoredEstimate, kind: str) -> StoredVariance:
    """The estimate's variance of this kind; a refusal where none was stored."""
    for variance in estimate.variances:
        if variance.kind == kind:
            return variance
    reason = "not computed"
    if not estimate_answered(estimate):
        reason = f"there is no {estimate.estimator} estimate to be unsure about"
    return StoredVariance(kind, "refused", reason)


def _most_general(answered: dict[str, StoredEstimate]) -> StoredEstimate | None:
    order = [*(key for key in answered if key not in ESTIMATORS), *ESTIMATORS]
    return next((answered[key] for key in reversed(order) if key in answered), None)


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _width(variance: StoredVariance) -> float:
    assert variance.ci_low is not None
    assert variance.ci_high is not None
    return variance.ci_high - variance.ci_low


def _estimator_reason(result: StoredResult, key: str) -> str:
    return _first_reason([e.reason for e in result.estimates if e.estimator == key])


def _variance_reason(estimate: StoredEstimate, kind: str) -> str:
    return _first_reason([variance_of(estimate, kind).reason])


def _first_reason(reasons: Sequence[str | None]) -> str:
    return next((reason for reason in reasons if reason), "no reason was stored")
