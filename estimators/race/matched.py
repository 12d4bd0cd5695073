"""A panel taken apart as far as it tells: how many factors, how persistent noise, how uneven.

    F: row + column mean − mean of Y                            R = Y − F
    M: the leading singular triples of R that noise of each unit's own could not have given
    E = R − M in usable cells, its φ with as many lags as Schwarz's criterion takes
    σ²: Σ E² over cells less what F and M were free to choose    a_i², b_t²: shares of it

Source: as recipes.py; Horn (1965) for comparing singular values with those of panels without
factors. Rotating each unit in time for that, so that serial correlation stays, is ours.
"""

import numpy as np

from estimators.core.panel import BoolArray, FloatArray
from estimators.race.parts import Parts, Systematic
from estimators.race.persistence import autocorrelation, autoregression, chosen_lags, stationary

ROTATIONS = 39  # panels without factors, that singular values are compared with
NOTHING = 1e-9  # of the largest singular value: rounding
LARGEST_SHARE = 4  # one in so many of the panel's dimensions may be a factor


def systematic(outcome: FloatArray, rank: int | None) -> Systematic:
    """Of (N, T), with as many factors as the panel shows unless their number is given."""
    two_way = outcome.mean(axis=1)[:, None] + outcome.mean(axis=0) - outcome.mean()
    left, values, right = np.linalg.svd(outcome - two_way, full_matrices=False)
    kept = _rank(left, values, right) if rank is None else rank
    return Systematic(two_way, (left[:, :kept] * values[:kept]) @ right[:kept], kept)


def parts(standard: FloatArray, usable: BoolArray, rank: int) -> Parts:
    """Lags and unevenness from the panel."""
    units, periods = standard.shape
    found = systematic(standard, rank)
    error = np.where(usable, standard - found.two_way - found.interactive, 0.0)
    persistence = stationary(autoregression(error, usable, chosen_lags(error, usable)))
    free = int(usable.sum()) - (units + periods - 1) - rank * (units + periods - 2 - rank)
    variance = float((error**2).sum()) / max(free, 1)
    return Parts(
        found,
        variance * autocorrelation(persistence, periods),
        _scale(error, usable, axis=1),
        _scale(error, usable, axis=0),
        persistence,
    )


def _rank(left: FloatArray, values: FloatArray, right: FloatArray) -> int:
    """How many singular values are larger than noise of each unit's own would have."""
    shape = len(left), right.shape[1]
    rng = np.random.default_rng(shape)
    most = min(shape) // LARGEST_SHARE
    rank = 0
    while rank < most and values[rank] > NOTHING * values[0]:
        rest = (left[:, rank:] * values[rank:]) @ right[rank:]
        if values[rank] <= _without_factors(rest, rng):
            break
        rank += 1
    return rank


def _without_factors(rest: FloatArray, rng: np.random.Generator) -> float:
    """The largest singular value that rotating each unit in time, and flipping it, has left."""
    units, periods = rest.shape
    largest = 0.0
    for _ in range(ROTATIONS):
        places = (np.arange(periods) + rng.integers(periods, size=(units, 1))) % periods
        turned = np.take_along_axis(rest, places, axis=1) * rng.choice((-1.0, 1.0), (units, 1))
        largest = max(largest, float(np.linalg.norm(turned - turned.mean(axis=0), 2)))
    return largest


def _scale(error: FloatArray, usable: BoolArray, axis: int) -> FloatArray:
    """Root mean square along an axis, with mean square one."""
    count = np.maximum(usable.sum(axis=axis), 1)
    squares = (error**2).sum(axis=axis) / count
    if not squares.mean() > 0:
        return np.ones(len(squares))
    return np.sqrt(squares / squares.mean())
