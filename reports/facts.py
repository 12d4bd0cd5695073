"""The numbers under the answer: the headline's estimate and what follows from its interval."""

from reports.headline import Headline, headline
from reports.impact import over_cells, shown
from reports.names import estimator_label, variance_label
from reports.numbers import interval, number, p_value, percent, places_for
from reports.parts import promoted
from reports.sentences import shown_places
from storage.records import StoredEstimate, StoredResult, StoredVariance


def facts(result: StoredResult) -> list[tuple[str, str]]:
    """Terms and texts, in the order of the page; none when nothing answered."""
    chosen = headline(result)
    estimate, variance = chosen.estimate, chosen.variance
    if estimate is None or estimate.att is None:
        return []
    places = max(0, shown_places(estimate, variance))
    found = _levels(result, estimate, places)
    # an alternative never passes for what was planned, also not in a row of numbers
    label = estimator_label(estimate.estimator)
    by = f", {label} (alternative)" if chosen.estimator_refusal else ""
    found.append((f"Average effect{by}", number(estimate.att, places)))
    if variance is not None:
        found += _certainty(result, chosen, variance, places)
        found += _amounts(result, estimate, variance)
    return found


def _levels(result: StoredResult, estimate: StoredEstimate, places: int) -> list[tuple[str, str]]:
    treated = promoted(result).treatment & result.panel.observed
    if estimate.counterfactual is None or not treated.any():
        return []
    observed = float(result.panel.outcome[treated].mean())
    fine = max(places, places_for([], [observed]))
    return [
        ("Observed", number(observed, fine)),
        ("Without treatment", number(float(estimate.counterfactual[treated].mean()), fine)),
    ]


def _certainty(
    result: StoredResult, chosen: Headline, variance: StoredVariance, places: int
) -> list[tuple[str, str]]:
    held = f", {variance_label(variance.kind)} (alternative)" if chosen.variance_refusal else ""
    level = percent(result.plan.inference.level)
    found = [(f"{level} interval{held}", interval(variance.ci_low, variance.ci_high, places))]
    if variance.standard_error is not None:
        found.append(("Standard error", number(variance.standard_error, places)))
    return [*found, ("p-value of no effect", p_value(variance.p_value))]


def _amounts(
    result: StoredResult, estimate: StoredEstimate, variance: StoredVariance
) -> list[tuple[str, str]]:
    """In percent and in total, as far as either means something."""
    said = shown(result, estimate, variance.kind)
    level = percent(result.plan.inference.level)
    found = []
    if said.lift != "–":
        found += [("Relative effect", said.lift), (f"Relative, {level} interval", said.lift_bounds)]
    if said.total != "–":
        found.append((f"Total {over_cells(estimate)}", f"{said.total} ({said.total_bounds})"))
    return found
