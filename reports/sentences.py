"""The answer to a study in words, with its uncertainty.

The direction is stated only when the interval excludes zero. What the plan named primary and was
refused is said first, and an alternative is called one.
"""

import re

from reports.choice import named
from reports.headline import Headline, headline
from reports.names import closed, counted, estimator_label, variance_phrase
from reports.numbers import (
    interval,
    number,
    percent,
    places_for,
    places_that_keep_signs,
)
from reports.parts import promoted
from reports.pattern import when_words
from storage.records import StoredEstimate, StoredResult, StoredVariance
from studies.economics_plan import LOGARITHM

QUESTION = re.compile(
    r"^\s*(?:what|how much)\s+(?:did|does|do|has|have|had)\s+(?P<cause>.+?)\s+(?:do|done)\s+to\s+"
    r"(?P<outcome>.+?)\s*\?*\s*$",
    re.IGNORECASE | re.DOTALL,
)


def answer(result: StoredResult) -> str:
    """The answer in one sentence; more where something planned was refused."""
    chosen = headline(result)
    primary = estimator_label(result.primary)
    if chosen.estimate is None:
        return (
            f"There is no answer: {counted(len(result.estimates), 'estimator')} refused. "
            f"{primary}, {named(result)}: {closed(chosen.estimator_refusal or '')}"
        )
    said = _announce(result, chosen, chosen.estimate)
    if chosen.estimator_refusal is None:
        return said
    return (
        f"{primary}, {named(result)}, was refused: {closed(chosen.estimator_refusal)} "
        f"The best available alternative, {estimator_label(chosen.estimate.estimator)}, was not "
        f"planned as primary: {said}"
    )


def subject(question: str) -> tuple[str, str]:
    """Cause and outcome, from a question of the form "What did X do to Y?".

    Any other question gives ("Treatment", "the outcome"), which is never wrong.
    """
    found = QUESTION.match(question)
    if not found:
        return "Treatment", "the outcome"
    cause = " ".join(found["cause"].split())
    return cause[:1].upper() + cause[1:], " ".join(found["outcome"].split())


def quantity(value: str, measure: str) -> str:
    """A number with its measure, readable for "packs per person" as for "log(1 + units)"."""
    if measure == "outcome":
        return f"{value} (in the outcome's own measure)"
    if logarithmic(measure) or "(" in measure:
        return f"{value} on the scale {measure}"
    return f"{value} {measure}"


def logarithmic(measure: str) -> bool:
    """True when a measure says that the outcome is a logarithm: "log(1 + units)", "ln wage"."""
    return LOGARITHM.match(measure) is not None


def shown_places(estimate: StoredEstimate, variance: StoredVariance | None) -> int:
    """Decimal places for an estimate in a sentence, and for its interval."""
    if variance is None:
        return places_for([], [estimate.att], least=-15)
    places = places_for([variance.standard_error], [estimate.att], least=-15)
    return places_that_keep_signs(places, (estimate.att, variance.ci_low, variance.ci_high))


def includes_zero(variance: StoredVariance) -> bool:
    """True when no effect at all is inside the interval."""
    assert variance.ci_low is not None
    assert variance.ci_high is not None
    return variance.ci_low <= 0 <= variance.ci_high


def _announce(result: StoredResult, chosen: Headline, estimate: StoredEstimate) -> str:
    if chosen.variance_refusal is not None:
        return _without_planned_variance(result, chosen, estimate)
    variance = chosen.variance
    assert variance is not None
    assert estimate.att is not None
    cause, outcome = subject(result.plan.question)
    places = shown_places(estimate, variance)
    level = percent(result.plan.inference.level)
    bounds = interval(variance.ci_low, variance.ci_high, places)
    basis = f"{estimator_label(estimate.estimator)}, {variance_phrase(variance.kind)}"
    if includes_zero(variance):
        size = quantity(number(estimate.att, places), result.plan.measure)
        return (
            f"{cause} had no clear effect on {outcome}: the estimate is {size} on average "
            f"{when_words(promoted(result))}, and its {level} interval, {bounds}, includes zero "
            f"({basis})."
        )
    verb = "lowered" if estimate.att < 0 else "raised"
    size = quantity(number(abs(estimate.att), places), result.plan.measure)
    return (
        f"{cause} {verb} {outcome} by {size} on average {when_words(promoted(result))} "
        f"({level} interval {bounds}; {basis})."
    )


def _without_planned_variance(
    result: StoredResult, chosen: Headline, estimate: StoredEstimate
) -> str:
    cause, outcome = subject(result.plan.question)
    planned = variance_phrase(result.plan.inference.primary)
    places = shown_places(estimate, chosen.variance)
    size = quantity(number(estimate.att, places), result.plan.measure)
    when = when_words(promoted(result))
    said = (
        f"The estimated effect of {_inside(cause)} on {outcome} is {size} on average "
        f"{when} ({estimator_label(estimate.estimator)}), but the {planned}, "
        f"planned as primary, was refused: {closed(chosen.variance_refusal or '')}"
    )
    variance = chosen.variance
    if variance is None:
        return f"{said} No other variance answered, so how sure this is cannot be said."
    zero = "includes zero: no clear effect" if includes_zero(variance) else "excludes zero"
    return (
        f"{said} The best available alternative, not planned as primary, is the "
        f"{variance_phrase(variance.kind)}, the widest that answered: its "
        f"{percent(result.plan.inference.level)} interval, "
        f"{interval(variance.ci_low, variance.ci_high, places)}, {zero}."
    )


def _inside(cause: str) -> str:
    """The cause in the middle of a sentence; a name keeps its capital."""
    return "treatment" if cause == "Treatment" else cause
