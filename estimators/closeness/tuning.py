"""How well a triple (λ_time, λ_unit, λ_nn) predicts what was left out, and the search for one.

It is scored on folds (folds.py), by trials that give a candidate up early (trials.py).

The search is footnote 2's: λ_time alone, then λ_unit, both with λ_nn = ∞, then λ_nn; what they
choose bounds finer grids, along which the three are then moved in turn until nothing changes.
Matrix completion, both rates zero, is a second start, and kept unless factors with rates do better.
Where the largest λ_time is chosen, it is doubled as long as that pays.

Source: Athey, Imbens, Qu and Viviano (2025), equation 4 and footnote 2. The grids, the
second start and stopping are ours.
"""

from itertools import pairwise

import numpy as np

from estimators.closeness.trials import Trials
from estimators.core.coordinate_search import CoordinateSearch, Point

TIME_RATES = (0.0, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0, 4.0)
UNIT_RATES = (0.0, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 1.6, 2.0, 3.0, 5.0)
PENALTIES = (np.inf, *(100 / 10 ** (k / 2) for k in range(9)))  # 100, 31.6, …, 0.01
DOUBLINGS = 3  # of the largest λ_time, at most
FINER = 8  # penalties of the finer grid, by quarter decades


def search(
    trials: Trials, given: tuple[float | None, float | None, float | None]
) -> tuple[Point, CoordinateSearch]:
    """The triple chosen, and all that were tried; what is given stays."""
    times, rates, penalties = (
        grid if value is None else (value,)
        for grid, value in zip((TIME_RATES, UNIT_RATES, PENALTIES), given, strict=True)
    )
    tried = CoordinateSearch(trials.score)
    start: Point = (times[0], rates[0], penalties[0])
    tried.at(start)
    best = tried.walk(start, 0, times[1:])
    if given[0] is None and best[0] == times[-1]:
        best = tried.walk(best, 0, [times[-1] * 2.0 ** (k + 1) for k in range(DOUBLINGS)])
    best = tried.walk(best, 1, rates[1:])
    bounds = best
    best = tried.walk(best, 2, penalties[1:])
    # Factors alone are simpler than factors and rates.
    best = tried.overtake(best, start, 2, penalties[1:], simpler=bool(np.isfinite(best[2])))
    grids = (
        _finer(times, max(bounds[0], best[0])),
        _finer(rates, max(bounds[1], best[1])),
        _smaller(penalties, best[2]),
    )
    return tried.cycle(best, grids), tried


def _finer(grid: tuple[float, ...], bound: float) -> tuple[float, ...]:
    """Values up to the bound, and halfway between them."""
    kept = [value for value in grid if value < bound] + [bound]
    halfway = [(a + b) / 2 for a, b in pairwise(kept)]
    return tuple(sorted({*kept, *halfway}))


def _smaller(grid: tuple[float, ...], bound: float) -> tuple[float, ...]:
    """No factors, and penalties from the bound down."""
    if len(grid) == 1 or not np.isfinite(bound):
        return grid
    return (np.inf, *(bound / 10 ** (k / 4) for k in range(FINER)))
