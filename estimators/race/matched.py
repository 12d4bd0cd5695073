"""A panel taken apart as far as it tells: how many factors, how persistent noise, how uneven.

    F: row + column mean − mean of Y                            R = Y − F
    M: the leading singular triples of R, as many as noise of each unit's own could not have given
    E = R − M in usable cells
    unit effects, period effects and each factor times √max(0, 2 − q), q their mean square in panels
      drawn from what was fitted, over that in what was fitted
    σ²: Σ E² over the cells less what F and M were free to choose
    φ with as many lags as Schwarz's criterion takes, moved by what the same estimate misses on
      panels drawn with it
    a_i² = 1 + k (s_i² − 1), s_i² the mean square of unit i over that of all units
    k = max(0, 1 − (2 / df) / var s_i²), df the usable cells of a unit less its share of what was
      fitted; b_t² by period likewise

What was fitted holds noise of its own, and drawn panels get noise once more: left as large as they
were found, effects of units and periods that are nothing but noise would look real, and weak
factors strong. For the same reason treated and missing cells are filled with

    F + Σ_k η_k u_k v_k'      η² d² = (d² − (N + T) σ²)² − 4 N T σ⁴, 0 for d ≤ (√N + √T) σ

d_k the singular values of M: a factor is extrapolated as far as it stands out of noise.

There is one more factor as long as the largest singular value of E exceeds those of DRAWS panels
drawn from what has been fitted so far, and taken apart in the same way.

Source: Horn (1965) for comparing singular values with those of panels without factors, Dobriban and
Owen (2019) for doing it one factor at a time; Schwarz (1978); Gouriéroux, Monfort and Renault
(1993) for undoing bias by simulation; η is of Gavish and Donoho (2017), and filling with shrunk
factors of Josse and Husson (2012); k is empirical Bayes (Efron and Morris 1975), and that drawn
parts should vary as true ones do, not as estimates do, is of Louis (1984). Drawing the panels
without further factors with the persistence and unevenness of E, and the combination, are ours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from estimators.core.panel import BoolArray, FloatArray
from estimators.race.parts import Parts, Systematic
from estimators.race.persistence import autocorrelation, autoregression, chosen_lags, stationary

DRAWS = 39  # panels without further factors: one in forty has a larger singular value than all
LARGEST_SHARE = 4  # one in so many of the panel's dimensions may be a factor
NOTHING = 1e-6  # of the outcome's spread: errors that are rounding, or not at rest
REHEARSALS = 20  # panels drawn to see what an estimate of persistence misses


def systematic(outcome: FloatArray, rank: int) -> Systematic:
    """Of (N, T), with so many factors."""
    two_way = outcome.mean(axis=1)[:, None] + outcome.mean(axis=0) - outcome.mean()
    left, values, right = np.linalg.svd(outcome - two_way, full_matrices=False)
    return Systematic(two_way, (left[:, :rank] * values[:rank]) @ right[:rank])


def filling(outcome: FloatArray, usable: BoolArray, rank: int) -> FloatArray:
    """(N, T) F, and M as it is expected to be behind the noise."""
    found = systematic(outcome, rank)
    error = _error(outcome, found, usable)
    left, values, right = np.linalg.svd(found.interactive, full_matrices=False)
    variance = float((error**2).sum()) / _free(usable, rank)
    kept = behind_noise(values[:rank], variance, *outcome.shape)
    return found.two_way + (left[:, :rank] * kept) @ right[:rank]


def behind_noise(values: FloatArray, variance: float, units: int, periods: int) -> FloatArray:
    """Singular values that leave the least squared error of the matrix behind white noise."""
    squares = values**2
    excess = (squares - variance * (units + periods)) ** 2 - 4 * units * periods * variance**2
    above = squares > variance * (np.sqrt(units) + np.sqrt(periods)) ** 2
    kept = np.sqrt(np.maximum(excess, 0.0)) / np.where(above, values, 1.0)
    return np.asarray(np.where(above, kept, 0.0))


def enough(standard: FloatArray, usable: BoolArray, rank: int) -> bool:
    """Whether errors after so many factors look like noise, or factors are many already."""
    if rank >= min(usable.shape) // LARGEST_SHARE:
        return True
    found = parts(standard, usable, rank)
    fitted = systematic(standard, rank)
    largest = _largest(standard, fitted, usable)
    if largest <= NOTHING * np.sqrt(usable.size):
        return True
    panels = _rehearsed(found, usable, DRAWS)
    return any(_largest(panel, systematic(panel, rank), usable) >= largest for panel in panels)


def parts(standard: FloatArray, usable: BoolArray, rank: int) -> Parts:
    """Lags, their coefficients and unevenness from the panel."""
    periods = standard.shape[1]
    found = systematic(standard, rank)
    error = _error(standard, found, usable)
    free = _free(usable, rank)
    variance = max(float((error**2).sum()) / free, NOTHING**4)
    share = free / int(usable.sum())
    a, b = (_scale(error, usable, share, axis) for axis in (1, 0))
    lags = chosen_lags(error, usable)
    first = stationary(autoregression(error, usable, lags))
    plain = Parts(found, variance * autocorrelation(first, periods), a, b, first)
    panels = list(_rehearsed(plain, usable, REHEARSALS))
    again = [systematic(panel, rank) for panel in panels]
    moved = replace(plain, systematic=_moved(found, again, rank))
    if not lags:
        return moved
    seen = [
        autoregression(_error(panel, one, usable), usable, lags)
        for panel, one in zip(panels, again, strict=True)
    ]
    persistence = stationary(2 * first - np.mean(seen, axis=0))
    covariance = variance * autocorrelation(persistence, periods)
    return replace(moved, covariance=covariance, persistence=persistence)


def _moved(found: Systematic, again: Sequence[Systematic], rank: int) -> Systematic:
    """Each piece as large as it has to be, to be found as large as it was.

    again: the same fitted to panels drawn from it
    """
    sizes = _sizes(found, rank)
    seen = np.mean([_sizes(one, rank) for one in again], axis=0)
    known = sizes > 0
    kept = np.sqrt(np.maximum(0.0, 2 - np.divide(seen, sizes, where=known, out=np.ones(len(seen)))))
    mean = found.two_way.mean()
    rows, columns = (found.two_way.mean(axis=axis) - mean for axis in (1, 0))
    left, values, right = np.linalg.svd(found.interactive, full_matrices=False)
    return Systematic(
        mean + kept[0] * rows[:, None] + kept[1] * columns,
        (left[:, :rank] * (values[:rank] * kept[2:])) @ right[:rank],
    )


def _sizes(found: Systematic, rank: int) -> FloatArray:
    """(2 + rank,) squares of unit effects, of period effects, and of each factor, summed."""
    rows, columns = (found.two_way.mean(axis=axis) for axis in (1, 0))
    values = np.linalg.svd(found.interactive, compute_uv=False)[:rank]
    units, periods = found.two_way.shape
    return np.array([periods * units * rows.var(), units * periods * columns.var(), *values**2])


def _free(usable: BoolArray, rank: int) -> int:
    """Usable cells less what F and M were free to choose; one at least."""
    units, periods = usable.shape
    free = int(usable.sum()) - (units + periods - 1) - rank * (units + periods - 2 - rank)
    return max(free, 1)


def _rehearsed(found: Parts, usable: BoolArray, count: int) -> Iterator[FloatArray]:
    """Panels drawn from what was fitted, always the same."""
    rng = np.random.default_rng([*usable.shape, count])
    spread = np.linalg.cholesky(found.covariance).T * found.period_scale
    for _ in range(count):
        noise = found.unit_scale[:, None] * (rng.standard_normal(usable.shape) @ spread)
        yield sum(found.systematic, noise)


def _error(standard: FloatArray, found: Systematic, usable: BoolArray) -> FloatArray:
    return np.where(usable, standard - found.two_way - found.interactive, 0.0)


def _largest(standard: FloatArray, found: Systematic, usable: BoolArray) -> float:
    return float(np.linalg.norm(_error(standard, found, usable), 2))


def _scale(error: FloatArray, usable: BoolArray, share: float, axis: int) -> FloatArray:
    """a (or b): root mean squares along an axis as far as they differ, their mean square one."""
    count = np.maximum(usable.sum(axis=axis), 1)
    squares = (error**2).sum(axis=axis) / count
    if not squares.mean() > 0:
        return np.ones(len(squares))
    squares = squares / squares.mean()
    between = float(squares.var(ddof=1))
    sampling = 2 / max(share * float(count.mean()), 1)
    kept = max(0.0, 1 - sampling / between) if between > 0 else 0.0
    return np.sqrt(1 + kept * (squares - 1))
