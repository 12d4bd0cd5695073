"""Evidence beside an estimate, in sentences: noise, leverage, and which interval that favours.

The favoured kind is advice. The announced interval is the plan's, and every sentence that names
another says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.headline import estimate_answered, headline
from reports.names import closed, estimator_label, variance_phrase
from reports.numbers import number, p_value, significant
from reports.rows import table_places
from storage.records import StoredEstimate, StoredResult

UNEVEN = 0.05  # as estimators.diagnostics.favoured has it


@dataclass(frozen=True)
class Moved:
    """How far one estimate moves without one donor, one treated unit, or one period; texts.

    donor, treated, period: "Nevada: −1.5 (27 of 38 tried)", or why there is none
    bounds: from the smallest to the largest of the effects found
    """

    label: str
    primary: bool
    donor: str
    treated: str
    period: str
    bounds: str


def noise_sentences(result: StoredResult) -> list[str]:
    """By unit, by period, over time; from the announced estimate. Empty when none was stored."""
    estimate = headline(result).estimate
    noise = estimate.diagnostics.get("noise") if estimate else None
    if not noise:
        return []
    return [
        _uneven(noise["by_unit"], "unit", "treated units are"),
        _uneven(noise["by_period"], "period", "treated periods are"),
        _serial(noise["serial"]),
    ]


def favoured_sentence(result: StoredResult) -> str:
    """Which kind of variance the evidence favours, and that the plan's stays; "" when unknown."""
    estimate = headline(result).estimate
    found = estimate.diagnostics.get("favoured") if estimate else None
    if not found:
        return ""
    planned, kind = result.plan.inference.primary, str(found["kind"])
    said = f"The evidence favours the {variance_phrase(kind)}: {found['because']}."
    if kind == planned:
        return f"{said} It is the one the plan named primary."
    return (
        f"{said} That is advice for the next plan; the {variance_phrase(planned)}, named primary "
        f"before the result was known, stays primary."
    )


def leverage(result: StoredResult) -> list[Moved]:
    """One row per estimator that answered and has leverage stored."""
    places = table_places(result)
    return [
        _moved(result, one, places)
        for one in result.estimates
        if estimate_answered(one) and one.diagnostics.get("leverage")
    ]


def _uneven(found: Mapping[str, Any], what: str, treated: str) -> str:
    if "refused" in found:
        return f"Whether noise is uneven by {what} cannot be said: {closed(str(found['refused']))}"
    p = _p(found["p_value"])
    verdict = "is" if found["p_value"] < UNEVEN else "is not noticeably"
    ratio, relative = found["ratio"], found.get("treated")
    times = f"{significant(ratio, 2)} times as" if isinstance(ratio, float) else "far more"
    own = (
        ""
        if relative is None
        else f"; the {treated} {significant(relative, 2)} times as noisy as the median"
    )
    return (
        f"Noise {verdict} uneven by {what} ({p}): the noisiest fifth of {what}s is {times} noisy "
        f"{'as' if isinstance(ratio, float) else 'than'} the quietest; most {found['noisiest']}, "
        f"least {found['quietest']}{own}."
    )


def _serial(found: Mapping[str, Any]) -> str:
    if "refused" in found:
        return f"Whether noise lasts cannot be said: {closed(str(found['refused']))}"
    verdict = "lasts" if found["p_value"] < UNEVEN else "does not noticeably last"
    return (
        f"Noise {verdict} from one period to the next: correlation {number(found['rho'], 2)} "
        f"({_p(found['p_value'])})."
    )


def _p(value: float) -> str:
    text = p_value(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def _moved(result: StoredResult, estimate: StoredEstimate, places: int) -> Moved:
    stored = estimate.diagnostics["leverage"]
    ends = [one[end] for one in stored.values() for end in ("low", "high") if end in one]
    return Moved(
        estimator_label(estimate.estimator),
        estimate.estimator == result.primary,
        _largest(stored["donors"], places),
        _largest(stored["treated"], places) if "treated" in stored else "–",
        _largest(stored["periods"], places),
        f"{number(min(ends), places)} to {number(max(ends), places)}" if ends else "–",
    )


def _largest(found: Mapping[str, Any], places: int) -> str:
    if "refused" in found:
        return closed(str(found["refused"]))
    first = found["largest"][0]
    text = f"{first['label']}: {number(first['change'], places)}"
    lost = len(found["impossible"])
    return f"{text} ({found['tried']:,} of {found['of']:,} tried" + (
        f", {lost:,} cannot be spared)" if lost else ")"
    )
