"""A small race and what was chosen from it, to be written and read back."""

from typing import Any

from sqlalchemy.orm import Session

from estimators.calibration.summaries import Measured
from estimators.race.standings import Intervals, Standing
from storage import races
from storage.choices import Choice
from storage.races import RaceRequest
from storage.results import Analysis

OWN = (
    Standing(
        "did", answered=40, refused=0, reason=None, eligible=True,
        rmse=Measured(0.1 + 0.2, 1 / 3), bias=Measured(-0.1, None), relative=Measured(1.0, 0.0),
        seconds=0.001,
        intervals={"given_both": Intervals("given_both", 38, 2, "3 windows fit, 5 are needed",
                                           Measured(0.95, 0.03), Measured(1e-300, 0.1))},
    ),
    Standing("sc", answered=38, refused=2, reason="store “7” is not observed", eligible=False,
             rmse=Measured(1e-300, 0.0), relative=Measured(float("inf"), None),
             intervals={"given_both": Intervals("given_both", 0, 0, None)}),
)  # fmt: skip
BACK_TEST = (Standing("did", answered=0, refused=3, reason="too short a past", eligible=False),)
STANDINGS = {"own": OWN, "back_test": BACK_TEST}


def request(snapshot: str = "5" * 64, **changed: Any) -> RaceRequest:
    asked: dict[str, Any] = {
        "panel": "display", "settings": {"replications": 40}, "seed": 1, "data_hash": "d" * 64,
        "snapshot_hash": snapshot, "code_version": "0.1+c", "environment_hash": "e",
        "requested_by": "ada",
    }  # fmt: skip
    return RaceRequest(**(asked | changed))


def race(session: Session, snapshot: str) -> RaceRequest:
    """A race with a batch of its own, in the ledger."""
    asked = request(snapshot)
    races.keep_batch(session, asked.part({"design": "own"}), 0, 10, {"error": [0.1, None]})
    races.save(session, asked, STANDINGS)
    return asked


def chosen(answer: Analysis, race: RaceRequest | None) -> Choice:
    """A choice for an answer: by rule on a race, or the fall-back without one."""
    return Choice(
        request_id=answer.request_id,
        study=answer.study,
        plan_version=answer.plan_version,
        plan_hash=answer.plan_hash,
        rule={"rule": "lowest_rmse", "fallback": "sc"},
        estimator="did" if race else "sc",
        how="rule" if race else "fallback",
        reason="it errs least" if race else "two control units are too few to simulate from",
        tied_with=("mc",) if race else (),
        race=race.request_id if race else None,
        requested_by="ada",
    )
