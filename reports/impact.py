"""Totals and percentages of an effect as texts: what the page, the terminal and `--json` share.

What is shown was stored with the estimate (estimators/variance/impact.py). One thing only reports
can know: an outcome measured in logarithms has no meaningful sum, and no percentage.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.headline import headline
from reports.names import closed, counted, estimator_label, variance_label, variance_phrase
from reports.numbers import interval, number, percent, places_for, places_that_keep_signs
from reports.parts import cells_words
from reports.sentences import logarithmic, quantity
from storage.records import StoredEstimate, StoredResult

LOGARITHM = (
    "the outcome is a logarithm: its sums and percentages mean nothing, and effects on it are "
    "relative already"
)


@dataclass(frozen=True)
class Shown:
    """One interval in other measures, ready to be shown; a dash where it was refused.

    reason: why there is no percentage; "" where there is one
    """

    total: str
    total_bounds: str
    lift: str
    lift_bounds: str
    reason: str


def withheld(result: StoredResult) -> str | None:
    """Why neither totals nor percentages of this result mean anything; None when they do."""
    return LOGARITHM if logarithmic(result.plan.measure) else None


def impact_of(estimate: StoredEstimate, kind: str) -> Mapping[str, Any] | None:
    """What was stored for one interval; None where there is none, as in older results."""
    stored = estimate.diagnostics.get("impacts") or []
    return next((one for one in stored if one["kind"] == kind), None)


def shown(result: StoredResult, estimate: StoredEstimate, kind: str) -> Shown:
    """One interval's total and percentage."""
    stored = impact_of(estimate, kind)
    if stored is None:
        return Shown("–", "–", "–", "–", "")
    without = withheld(result)
    if without is not None:
        return Shown("–", "–", "–", "–", without)
    total = (stored["total"], stored["total_low"], stored["total_high"])
    places = max(0, _places(total))
    amount = number(total[0], places), interval(total[1], total[2], places)
    if stored["lift"] is None:
        return Shown(*amount, "–", "–", stored["reason"] or "no reason was stored")
    lift = (100 * stored["lift"], 100 * stored["lift_low"], 100 * stored["lift_high"])
    places = max(0, _places(lift))
    bounds = f"{interval(lift[1], lift[2], places)} %"
    return Shown(*amount, f"{number(lift[0], places)} %", bounds, "")


@dataclass(frozen=True)
class Line:
    """One interval of one estimator in other measures: a row of a table."""

    label: str
    kind: str
    primary: bool
    said: Shown


def lines(result: StoredResult) -> list[Line]:
    """Every answered interval of every estimator; none where sums and percentages mean nothing."""
    if withheld(result):
        return []
    primary = result.primary, result.plan.inference.primary
    return [
        Line(
            estimator_label(estimate.estimator),
            variance_label(one["kind"]),
            (estimate.estimator, one["kind"]) == primary,
            shown(result, estimate, one["kind"]),
        )
        for estimate in result.estimates
        for one in estimate.diagnostics.get("impacts") or []
    ]


def lifts(result: StoredResult) -> dict[str, str]:
    """By estimator: its effect in percent; "" where no interval allows one to be said.

    The estimate is one, and so is its percentage: digits are those its primary interval supports.
    """
    found = {}
    for estimate in result.estimates:
        stored = estimate.diagnostics.get("impacts") or []
        kinds = [one["kind"] for one in stored if one["lift"] is not None]
        kinds.sort(key=lambda kind: kind != result.plan.inference.primary)
        texts = (shown(result, estimate, kind).lift for kind in kinds)
        found[estimate.estimator] = next((text for text in texts if text != "–"), "")
    return found


def impact_sentence(result: StoredResult) -> str:
    """The announced interval in percent and in total; "" where neither is known."""
    chosen = headline(result)
    if chosen.estimate is None or chosen.variance is None:
        return ""
    said = shown(result, chosen.estimate, chosen.variance.kind)
    if said.total == "–":
        return not_in_percent(result)
    basis = f"{estimator_label(chosen.estimate.estimator)}, {variance_phrase(chosen.variance.kind)}"
    level = percent(result.plan.inference.level)
    total = f"in total {quantity(said.total, result.plan.measure)} {over_cells(chosen.estimate)}"
    total += f" ({said.total_bounds})"
    if said.reason:
        return f"{total[:1].upper()}{total[1:]}; {basis}. {not_in_percent(result)}"
    return (
        f"Relative to what would have been: {said.lift} ({level} interval {said.lift_bounds}); "
        f"{total}; {basis}."
    )


def not_in_percent(result: StoredResult) -> str:
    """Why the announced effect has no percentage; "" where it has one, or nobody asked."""
    chosen = headline(result)
    if chosen.estimate is None or chosen.variance is None:
        return ""
    reason = shown(result, chosen.estimate, chosen.variance.kind).reason
    return f"Not in percent: {closed(reason)}" if reason else ""


def over_cells(estimate: StoredEstimate) -> str:
    """ "over 12 treated cells, 1 more not observed" """
    if words := cells_words(estimate):
        return words
    rows = estimate.diagnostics.get("cumulative") or []
    if not rows:
        return "over the treated cells"
    last = rows[-1]
    missing = f", {last['missing']:,} more not observed" if last["missing"] else ""
    return f"over {counted(last['treated'], 'treated cell')}{missing}"


def _places(values: tuple[float, float, float]) -> int:
    """As for an estimate in a sentence: a quarter of the interval is about a standard error."""
    places = places_for([(values[2] - values[1]) / 4], [values[0]], least=-15)
    return places_that_keep_signs(places, values)
