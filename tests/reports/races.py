"""Races to show: hand-made numbers, one estimator that refuses, one that is tied."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from estimators.calibration.summaries import Measured
from estimators.race.standings import Intervals, Standing
from storage.audit import Entry
from storage.race_records import StoredChoice, StoredRace

RATIOS = {"did": 1.91, "sc": 4.44, "difp": 1.22, "mc": 1.02, "sdid": 1.14, "dwcp": 1.0}
SETTINGS: dict[str, Any] = {
    "estimators": list(RATIOS), "kinds": ["given_both"], "replications": 200, "intervals": 20,
    "placements": 40, "level": 0.95, "placebos": 40, "recipe": "matched", "effect": "zero",
    "size": 1.0, "seed": 1, "settings": {},
    "designs": [{"assignment": "own"}, {"assignment": "back_test"}],
}  # fmt: skip
WHY = "treatment <b>switches</b> off again in 100 units; needs a block"


def standing(key: str, scale: float = 5.6708, count: int = 200) -> Standing:
    ratio = RATIOS[key]
    error = 0.0 if ratio == 1 else 0.04 * ratio
    covered = Intervals("given_both", 20, 0, None, Measured(0.95, 0.049), Measured(21.4, 0.9))
    return Standing(
        key, count, 0, None, eligible=True, rmse=Measured(scale * ratio, 0.31 * ratio),
        bias=Measured(-0.4321, 0.42), relative=Measured(ratio, error), seconds=ratio / 7,
        intervals={"given_both": covered},
    )  # fmt: skip


def refused(key: str, count: int = 200) -> Standing:
    return Standing(key, 0, count, WHY, eligible=False)


def race(panel: str = "prop99", **designs: tuple[Standing, ...]) -> StoredRace:
    """Both designs of a study, unless others are given."""
    every = tuple(standing(key) for key in RATIOS)
    placed = tuple(standing(key, 4.1, 38) for key in RATIOS if key != "sdid")
    return StoredRace(
        "a" * 64, panel, SETTINGS, "d" * 64, "5" * 64, "0.1", "e", 1, "ada",
        datetime(2026, 1, 2, tzinfo=UTC), "c" * 64,
        designs or {"own": every, "back_test": (*placed, refused("sdid", 38))},
    )  # fmt: skip


def nine() -> list[StoredRace]:
    """As many panels as the keynote shows, one design each."""
    names = ("cps_logwage", "cps_hours", "cps_urate", "penn_world_table", "germany", "basque",
             "smoking", "boatlift", "softdrinks")  # fmt: skip
    every = tuple(standing(key) for key in RATIOS)
    return [replace(race(name, uniform=every), panel=name) for name in names]


def choice(how: str = "tie", found: StoredRace | None = None) -> StoredChoice:
    """What a rule made of the race above."""
    at = datetime(2026, 1, 2, 12, 0, 1, tzinfo=UTC)
    reason = (
        "mc: RMSE 5.784 over 200 replications, 1.020 ± 0.041 times that of dwcp: tied within "
        "Monte-Carlo error (dwcp), and the simplest of them"
        if how == "tie"
        else "the plan’s fall-back, because no race can choose here: 5 units are too few"
    )
    return StoredChoice(
        request_id="f" * 64, rule={"rule": "lowest_rmse", "fallback": "sdid"},
        estimator="mc" if how == "tie" else "sdid", how=how, reason=reason,
        tied_with=("dwcp",) if how == "tie" else (), race=found, requested_by="ada",
        content_hash="9" * 64, chosen=Entry(41, at), answered=Entry(42, at.replace(second=9)),
    )  # fmt: skip
