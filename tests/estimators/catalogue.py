"""The catalogue as tests use it: tuned on few folds where tuning is not what is looked at."""

from dataclasses import replace
from functools import cache

import numpy as np

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


def quick(name: str, design: str = "block") -> Estimator:
    """From the catalogue, with few folds if it uses any.

    Where treatment switches dwcp has a fit for every cell: there it does without factors, whose
    solver has tests of its own.
    """
    estimator = ESTIMATORS[name]
    if isinstance(estimator, DoublyWeighted) and design == "on_off":
        return replace(estimator, folds=4, lambda_nn=np.inf)
    if isinstance(estimator, DoublyWeighted):
        return replace(estimator, folds=4)
    if isinstance(estimator, MatrixCompletion):
        return replace(estimator, folds=6)
    return estimator


@cache
def tuned(name: str, design: str) -> Estimator:
    """Tuned on small(design)."""
    return quick(name, design).tune(small(design))
