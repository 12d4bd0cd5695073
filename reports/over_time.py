"""Effects by period and their running sum as rows of tables."""

from collections.abc import Mapping
from typing import Any

from reports.headline import headline
from reports.impact import withheld
from reports.numbers import interval, number, places_for
from reports.rows import table_places
from storage.records import StoredResult


def period_rows(result: StoredResult) -> list[dict[str, str]]:
    """One row per period of the estimate that is announced."""
    estimate = headline(result).estimate
    if estimate is None:
        return []
    places = table_places(result)
    return [
        {
            "observed": number(row["observed"], places),
            "counterfactual": number(row["counterfactual"], places),
            **_effect(row, places),
        }
        for row in estimate.by_period
    ]


def cumulative_rows(result: StoredResult) -> list[dict[str, str]]:
    """One row per treated period of the same; none where sums mean nothing."""
    estimate = headline(result).estimate
    stored = [] if estimate is None else estimate.diagnostics.get("cumulative") or []
    if not stored or withheld(result):
        return []
    errors = [row["standard_error"] for row in stored]
    places = places_for(errors[-1:], [row["effect"] for row in stored])
    return [{"missing": f"{row['missing']:,}", **_effect(row, places)} for row in stored]


def _effect(row: Mapping[str, Any], places: int) -> dict[str, str]:
    return {
        "period": str(row["period"]),
        "treated": f"{row['treated']:,}" if row["treated"] else "–",
        "effect": number(row["effect"], places),
        "standard_error": number(row["standard_error"], places),
        "bounds": _bounds(row, "ci", places),
        "band": _bounds(row, "band", places),
    }


def _bounds(row: Mapping[str, Any], name: str, places: int) -> str:
    """A dash where there is none; results of older versions have no band."""
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    return "–" if low is None else interval(low, high, places)
