"""The numbers behind a result's plots, estimator by estimator: what the page's script draws from.

    {"study", "version", "measure", "level", "places", "periods": [label],
     "shades": share of units treated by period, the largest being 1,
     "kinds": [{"kind", "label", "primary"}],
     "estimators": [{"estimator", "label", "title", "primary", "att", "reason",
         "intervals": {kind: {"low", "high", "standard_error", "p_value", "reason"}},
         "paths", "cumulative": [{"at", "treated", "observed", "counterfactual", "effect", "ci_low",
             "ci_high", "band_low", "band_high"}],
         "weights": [{"group", "title", "listed": [{"label", "value", "length"}], "rest"}],
         "placebos": [{"pool", "edges", "counts", "beyond", "of"}],
         "diagnostics": [{"term", "text"}]}]}

What was refused has null for its numbers, and its reason. Words and weights are those of the page.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from reports.diagnostics import Diagnosis, diagnoses
from reports.headline import estimate_answered, kinds, variance_answered, variance_of
from reports.names import PLACEBO_POOLS, estimator_label, estimator_title, variance_label
from reports.paths import placed
from reports.pattern import pattern
from reports.placebos import BINS
from reports.rows import table_places
from reports.weights import Comparison, comparisons
from storage.records import StoredEstimate, StoredResult

ROW = (
    "at", "treated", "observed", "counterfactual", "effect", "ci_low", "ci_high", "band_low",
    "band_high",
)  # fmt: skip
TERMS = {
    "fit": "fit before treatment", "fit_share": "as a share of the standard deviation",
    "worst": "worst period", "pattern": "Durbin–Watson", "rank": "rank among placebos",
    "steps": "steps", "optimality": "distance from the optimum",
    "settings": "settings given or chosen",
}  # fmt: skip


def plots(result: StoredResult) -> dict[str, Any]:
    """All of it."""
    share = pattern(result.panel).share
    weights = {one.label: one for one in comparisons(result)}
    known = {one.label: one for one in diagnoses(result)}
    primary = result.plan.inference.primary
    return {
        "study": result.study,
        "version": result.version,
        "measure": result.plan.measure,
        "level": result.plan.inference.level,
        "places": table_places(result),
        "periods": [str(label) for label in result.panel.periods],
        "shades": [float(value) for value in share / share.max()],
        "kinds": [
            {"kind": kind, "label": variance_label(kind), "primary": kind == primary}
            for kind in kinds(result)
        ],
        "estimators": [
            _estimator(
                result,
                one,
                weights.get(estimator_label(one.estimator)),
                known.get(estimator_label(one.estimator)),
            )
            for one in result.estimates
        ],
    }


def _estimator(
    result: StoredResult,
    one: StoredEstimate,
    weights: Comparison | None,
    known: Diagnosis | None,
) -> dict[str, Any]:
    answered = estimate_answered(one)
    return {
        "estimator": one.estimator,
        "label": estimator_label(one.estimator),
        "title": estimator_title(one.estimator),
        "primary": one.estimator == result.primary,
        "att": one.att if answered else None,
        "reason": one.reason,
        "intervals": {kind: _interval(one, kind) for kind in kinds(result)},
        "paths": _rows(placed(result, one.by_period)) if answered else [],
        "cumulative": (
            _rows(placed(result, one.diagnostics.get("cumulative") or [])) if answered else []
        ),
        "weights": [] if weights is None else _weights(weights),
        "placebos": _placebos(one) if answered else [],
        "diagnostics": [] if known is None else _diagnostics(known),
    }


def _interval(one: StoredEstimate, kind: str) -> dict[str, Any]:
    found = variance_of(one, kind)
    answered = variance_answered(found)
    numbers = {
        "low": found.ci_low, "high": found.ci_high, "standard_error": found.standard_error,
        "p_value": found.p_value,
    }  # fmt: skip
    return {
        **{name: _finite(value) if answered else None for name, value in numbers.items()},
        "reason": found.reason,
    }


def _rows(found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{name: row.get(name) for name in ROW} for row in found]


def _weights(found: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "group": group.label,
            "title": listed.title,
            "listed": [vars(weight) for weight in listed.listed],
            "rest": listed.rest,
        }
        for group in found.groups
        for listed in group.lists
    ]


def _placebos(one: StoredEstimate) -> list[dict[str, Any]]:
    stored = one.diagnostics.get("placebo_effects") or {}
    found = []
    for kind, name in PLACEBO_POOLS.items():
        pool = [float(x) for x in stored.get(kind) or () if _finite(x) is not None]
        if not pool or one.att is None:
            continue
        edges = np.histogram_bin_edges([0.0, one.att, *pool], bins=BINS)
        counts, _ = np.histogram(pool, bins=edges)
        found.append(
            {
                "pool": name,
                "edges": edges.tolist(),
                "counts": counts.tolist(),
                "beyond": sum(abs(x) >= abs(one.att) for x in pool),
                "of": len(pool),
            }
        )
    return found


def _diagnostics(found: Diagnosis) -> list[dict[str, str]]:
    told = [{"term": words, "text": getattr(found, name)} for name, words in TERMS.items()]
    return [*told, *({"term": "to know", "text": note} for note in found.notes)]


def _finite(value: Any) -> float | None:
    number = isinstance(value, float | int) and math.isfinite(value)
    return float(value) if number else None
