"""Estimators × kinds of inference as text: what the terminal, the page and the artifact share."""

import math
import re
from dataclasses import dataclass

from reports.headline import estimate_answered, headline, kinds, variance_answered, variance_of
from reports.names import closed, estimator_label, estimator_title, spelled, variance_phrase
from reports.numbers import number, p_value, places_for
from storage.records import StoredEstimate, StoredResult, StoredVariance


@dataclass(frozen=True)
class Cell:
    """One variance of one estimate, ready to be shown; every text is a dash when refused."""

    kind: str
    refused: bool
    primary: bool
    standard_error: str
    low: str
    high: str
    df: str
    p_value: str
    placebos: str
    construction: str


@dataclass(frozen=True)
class Row:
    """One estimator, ready to be shown.

    primary: the plan named it primary      cells: one per kind of variance of the result
    """

    key: str
    label: str
    title: str
    primary: bool
    refused: bool
    att: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Refused:
    """What was refused, and why, as two texts.

    who: "SC", or "DID and SDID, variance given unit"; equal reasons are listed together
    """

    who: str
    reason: str


def rows(result: StoredResult) -> list[Row]:
    """One row per estimator, in the order of the plan; all numbers with the same places."""
    places = table_places(result)
    return [_row(result, estimate, places) for estimate in result.estimates]


def table_places(result: StoredResult) -> int:
    """Decimal places for a whole table.

    Two digits of the standard error in the middle of it; no fewer than the primary one needs.
    """
    answered = [e for e in result.estimates if estimate_answered(e)]
    errors = [v.standard_error for e in answered for v in e.variances if variance_answered(v)]
    known = sorted(error for error in errors if error)
    places = places_for(known[len(known) // 2 :][:1], [e.att for e in answered])
    variance = headline(result).variance
    return places if variance is None else places_for([variance.standard_error], least=places)


def refusals(result: StoredResult) -> list[Refused]:
    """Everything that was refused: estimators first, then variances of those that answered."""
    estimators: dict[str, list[tuple[str, str]]] = {}
    variances: dict[tuple[str, str], list[str]] = {}
    for estimate in result.estimates:
        label = estimator_label(estimate.estimator)
        if not estimate_answered(estimate):
            reason = _reason(estimate.reason)
            # "sc compares ..." and "sdid compares ..." are one reason
            shared = re.sub(rf"^{re.escape(estimate.estimator)} ", "each ", reason)
            estimators.setdefault(shared, []).append((label, reason))
            continue
        for kind in kinds(result):
            variance = variance_of(estimate, kind)
            if not variance_answered(variance):
                key = (kind, _reason(variance.reason))
                variances.setdefault(key, []).append(label)
    found = [
        Refused(joined([label for label, _ in who]), shared if len(who) > 1 else who[0][1])
        for shared, who in estimators.items()
    ]
    for (kind, reason), who in variances.items():
        found.append(Refused(f"{joined(who)}, {variance_phrase(kind)}", reason))
    return found


def refused_count(result: StoredResult) -> str:
    """ "Two estimators and three variances were refused" """
    estimators = [e for e in result.estimates if not estimate_answered(e)]
    answered = [e for e in result.estimates if estimate_answered(e)]
    variances = sum(
        not variance_answered(variance_of(e, kind)) for e in answered for kind in kinds(result)
    )
    numbers = {"estimator": len(estimators), "variance": variances}
    parts = [
        f"{spelled(count)} {word}{'s' if count != 1 else ''}"
        for word, count in numbers.items()
        if count
    ]
    if not parts:
        return "Nothing was refused"
    verb = "was" if sum(numbers.values()) == 1 else "were"
    text = f"{' and '.join(parts)} {verb} refused"
    return text[:1].upper() + text[1:]


def joined(words: list[str]) -> str:
    """ "DID, SC and SDID" """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _row(result: StoredResult, estimate: StoredEstimate, places: int) -> Row:
    answered = estimate_answered(estimate)
    return Row(
        key=estimate.estimator,
        label=estimator_label(estimate.estimator),
        title=estimator_title(estimate.estimator),
        primary=estimate.estimator == result.primary,
        refused=not answered,
        att=number(estimate.att if answered else None, places),
        cells=tuple(
            _cell(variance_of(estimate, kind), kind == result.plan.inference.primary, places)
            for kind in kinds(result)
        ),
    )


def _cell(variance: StoredVariance, primary: bool, places: int) -> Cell:
    answered = variance_answered(variance)
    df = float(variance.df) if answered and variance.df is not None else None
    return Cell(
        kind=variance.kind,
        refused=not answered,
        primary=primary,
        standard_error=number(variance.standard_error if answered else None, places),
        low=number(variance.ci_low if answered else None, places),
        high=number(variance.ci_high if answered else None, places),
        df=number(df, 0 if df is None or df.is_integer() or math.isinf(df) else 1),
        p_value=p_value(variance.p_value if answered else None),
        placebos="–" if variance.placebos is None else f"{variance.placebos:,}",
        construction=closed(variance.construction) if variance.construction else "",
    )


def _reason(reason: str | None) -> str:
    return closed(reason or "no reason was stored")
