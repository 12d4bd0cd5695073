"""Races as one HTML page that stands alone, as a result's page does."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from reports.filling import ALONE, Frame, fill
from reports.names import spelled
from reports.race import (
    BENCHMARK,
    design_words,
    heads,
    lines,
    refusals,
    setting,
    verdict,
)
from reports.race_figures import race_figure
from storage.race_records import StoredRace


def render(races: Sequence[StoredRace], frame: Frame = ALONE) -> str:
    """The page as text. frame: what a server puts around it"""
    several = len(races) > 1
    figure = race_figure(races)
    return fill(
        "race.html.j2",
        frame,
        heading=f"Which estimator errs least on {_what(races)}",
        made=max(found.created_at for found in races).astimezone(UTC),
        benchmark=BENCHMARK if several else "",
        figure=figure,
        races=[
            {
                "panel": found.panel if several else "",
                "designs": [design_of(found, name) for name in found.standings],
                "identity": _identity(found),
            }
            for found in races
        ],
    )


def design_of(found: StoredRace, design: str) -> dict[str, Any]:
    """One design of a race as the templates have it."""
    standings = found.standings[design]
    words = design_words(design)
    return {
        "title": words[:1].upper() + words[1:],
        "setting": setting(found, design),
        "verdict": verdict(standings),
        "heads": heads(standings),
        "lines": lines(standings),
        "refused": refusals(standings),
    }


def _what(races: Sequence[StoredRace]) -> str:
    if len(races) == 1:
        return f"panels like {races[0].panel}"
    return f"{spelled(len(races))} panels"


def _identity(found: StoredRace) -> list[tuple[str, str]]:
    return [
        ("Race", found.request_id),
        ("What was looked at", found.data_hash),
        ("Panel snapshot", found.snapshot_hash),
        ("Code", found.code_version),
        ("Environment", found.environment_hash),
        ("Seed", str(found.seed)),
    ]
