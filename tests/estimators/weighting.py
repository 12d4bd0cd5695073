"""The methods that weight donors, and a panel in which units are treated one after another."""

from typing import Any

import numpy as np

from estimators import Estimator, Panel
from estimators.demeaned_synthetic_control import DemeanedSyntheticControl
from estimators.synthetic_control import SyntheticControl
from estimators.synthetic_did import SyntheticDifferenceInDifferences
from tests.estimators.panels import EFFECT, additive, labelled, noisy

METHODS = {
    "sc": SyntheticControl,
    "difp": DemeanedSyntheticControl,
    "sdid": SyntheticDifferenceInDifferences,
}
STARTS = (6, 6, 8, 8, 11)  # of the first units; where there are more, they are never treated


def method(name: str, **options: Any) -> Estimator:
    made: Estimator = METHODS[name](**options)
    return made


def staggered(units: int, *, effect: float = EFFECT, exact: bool = False, seed: int = 3) -> Panel:
    treatment = np.zeros((units, 13), dtype=bool)
    for unit, start in enumerate(STARTS):
        treatment[unit, start:] = True
    outcome = additive(units, 13, seed) if exact else noisy(units, 13, seed)
    return labelled(outcome + effect * treatment, treatment)
