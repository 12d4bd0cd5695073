"""The catalogue as tests use it: tuned on few folds where tuning is not what is looked at."""

from dataclasses import replace
from functools import cache

from estimators import ESTIMATORS, Estimator
from estimators.doubly_weighted import DoublyWeighted
from estimators.matrix_completion import MatrixCompletion
from tests.estimators.panels import ANSWER_ON_OFF, DESIGNS, small

NAMES = tuple(ESTIMATORS)
PAIRS = tuple(
    (name, design)
    for design in DESIGNS
    for name in NAMES
    if design != "on_off" or name in ANSWER_ON_OFF
)


def quick(name: str) -> Estimator:
    """From the catalogue, with six folds if it uses any."""
    estimator = ESTIMATORS[name]
    if isinstance(estimator, MatrixCompletion | DoublyWeighted):
        return replace(estimator, folds=6)
    return estimator


@cache
def tuned(name: str, design: str) -> Estimator:
    """Tuned on small(design)."""
    return quick(name).tune(small(design))
