"""A small exam, to be written and read back."""

from estimators.calibration.summaries import Covered, Measured, Score
from storage.calibrations import CalibrationRequest, OwnPanel

SCORES = (
    Score(
        "did",
        "marginal",
        answered=40,
        refused=2,
        reason="2 placements, 20 are needed",
        numbers={"coverage": Measured(0.1 + 0.2, 1 / 3), "length": Measured(1e-300, None)},
        groups={"unit": (Covered("Müller, 店", 3, 2 / 3),), "period": (Covered(1999, 3, 1.0),)},
    ),
    Score("did", "given_both", answered=0, refused=42, reason="too short a past"),
    Score("sdid", "marginal", answered=42, refused=0, reason=None),
)


def request(seed: int = 1, own: OwnPanel | None = None, **settings: object) -> CalibrationRequest:
    return CalibrationRequest(
        settings={"noise": "even", "replications": 42} | settings,
        seed=seed,
        code_version="0.1+c",
        environment_hash="e",
        requested_by="ada",
        own=own,
    )
