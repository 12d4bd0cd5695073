"""What stands beside results in a ledger: visits of the monitor, an exam, a race."""

from dataclasses import replace

from sqlalchemy.orm import Session

from storage import calibrations, observations, races
from storage.observations import Observation
from storage.versions import numbered
from tests.reports.races import SETTINGS as RACED
from tests.reports.races import race
from tests.reports.test_calibration import SETTINGS as EXAMINED
from tests.reports.test_calibration import SIMULATED
from tests.storage.calibrations import request as exam
from tests.storage.races import request

CHECKS = [
    {"name": "still_updated", "passed": True, "count": 0, "examples": [], "message": "it is there"},
    {"name": "unit_level", "passed": False, "count": 1, "examples": ["store 3"],
     "message": "store 3 is <b>12</b> deviations off"},
]  # fmt: skip


def visit(number: int) -> list[Observation]:
    """What a visit saw, a little more at each."""
    effect = {"effect": 2.0 + number / 10, "ci_low": -1.0, "ci_high": 5.0, "p_value": 0.2}
    covered = {"level": 0.95, "total_answered": 4 * number, "total_covered": 4 * number - 1,
               "low": 0.5, "high": 0.99}  # fmt: skip
    return [
        Observation("panel", "stores", "noticed", "store 3 is 12 deviations off",
                    {"checks": CHECKS, "behind": 0}),
        Observation("promotion", "spring, plan version 1", "fine", "effect so far 2", effect),
        Observation("calibration", "display, plan version 1", "fine", "3 of 4 covered", covered),
        Observation("restatement", "display@2", "refused", "its panel is gone"),
    ]  # fmt: skip


def write(session: Session) -> None:
    """Three visits, an exam and a race; last acts of a transaction, each."""
    for number in (1, 2, 3):
        observations.save(session, f"v{number}", visit(number), "ada")
    sat = replace(exam(), settings=EXAMINED)
    calibrations.save(session, sat, SIMULATED.scores)
    snapshot = numbered(session, "display", 1).snapshot_hash
    asked = request(snapshot, settings=RACED, panel="<b>stores</b>")
    races.save(session, asked, race().standings)
