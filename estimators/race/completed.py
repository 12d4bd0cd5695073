"""Treated and missing cells, filled with what the systematic part of the others has there.

    X ← Y in usable cells, α̂_i + β̂_t elsewhere      then, until nothing moves,
    X ← Y in usable cells, F + M of X elsewhere

F + M are those of a recipe, of the first rank, counted from zero, that the recipe finds enough.
What is filled in has no error, and so no say in that.

Source: filling with the current low-rank fit is the hard-impute algorithm of Mazumder, Hastie and
Tibshirani (2010).
"""

from collections.abc import Callable

import numpy as np

from estimators.core.panel import BoolArray, FloatArray
from estimators.solvers.two_way import TwoWay

STEPS = 300
STILL = 1e-6  # of the outcome's spread: simulated panels are like the real one, not the same


def completed(
    outcome: FloatArray,
    usable: BoolArray,
    filling: Callable[[FloatArray, BoolArray, int], FloatArray],
    enough: Callable[[FloatArray, BoolArray, int], bool],
) -> tuple[FloatArray, int]:
    """(N, T) the usable outcomes, and what was filled in; and the rank.

    outcome: (N, T), read where usable; usable cells join all units and periods
    enough: whether a panel, its usable cells given, calls for no more than this many factors
    """
    known = np.where(usable, outcome, 0.0)
    centre, spread = float(outcome[usable].mean()), float(outcome[usable].std())
    alpha, beta = TwoWay(usable).fit(known, centre)
    X = (np.where(usable, known, centre + alpha[:, None] + beta) - centre) / spread
    rank = 0
    while True:
        X = _at_rest(X, usable, filling, rank)
        if enough(X, usable, rank):
            return np.where(usable, known, centre + spread * X), rank
        rank += 1


def _at_rest(
    X: FloatArray,
    usable: BoolArray,
    filling: Callable[[FloatArray, BoolArray, int], FloatArray],
    rank: int,
) -> FloatArray:
    """The panel filled with F + M of this rank."""
    for _ in range(STEPS):
        filled = np.where(usable, X, filling(X, usable, rank))
        moved = float(np.abs(filled - X).max())
        X = filled
        if moved < STILL:
            break
    return X
