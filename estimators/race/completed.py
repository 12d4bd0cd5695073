"""Treated and missing cells, filled with what the systematic part of the others has there.

    X ← Y in usable cells, α̂_i + β̂_t elsewhere      then, until nothing moves,
    X ← Y in usable cells, F + M of X elsewhere

F + M are those of a recipe, whose rank is chosen at the start and again once X has come to rest.

Source: filling with the current low-rank fit is the hard-impute algorithm of Mazumder, Hastie and
Tibshirani (2010).
"""

from collections.abc import Callable

import numpy as np

from estimators.core.panel import BoolArray, FloatArray
from estimators.race.parts import Systematic
from estimators.solvers.two_way import TwoWay

STEPS = 300
STILL = 1e-6  # of the outcome's spread: simulated panels are like the real one, not the same


def completed(
    outcome: FloatArray,
    usable: BoolArray,
    systematic: Callable[[FloatArray, int | None], Systematic],
) -> tuple[FloatArray, int]:
    """(N, T) the usable outcomes, and what was filled in; and the rank that was chosen.

    outcome: (N, T), read where usable; usable cells join all units and periods
    """
    known = np.where(usable, outcome, 0.0)
    centre, spread = float(outcome[usable].mean()), float(outcome[usable].std())
    if usable.all():
        return known, systematic((known - centre) / spread, None).rank
    alpha, beta = TwoWay(usable).fit(known, centre)
    X = (np.where(usable, known, centre + alpha[:, None] + beta) - centre) / spread
    rank = systematic(X, None).rank
    X = _at_rest(X, usable, systematic, rank)
    chosen = systematic(X, None).rank
    if chosen != rank:
        rank = chosen
        X = _at_rest(X, usable, systematic, rank)
    return np.where(usable, known, centre + spread * X), rank


def _at_rest(
    X: FloatArray,
    usable: BoolArray,
    systematic: Callable[[FloatArray, int | None], Systematic],
    rank: int,
) -> FloatArray:
    for _ in range(STEPS):
        found = systematic(X, rank)
        filled = np.where(usable, X, found.two_way + found.interactive)
        moved = float(np.abs(filled - X).max())
        X = filled
        if moved < STILL:
            break
    return X
