"""Simultaneous bands: one critical value under which all intervals hold at once.

With effects e_t, t = 1 … K, placebo paths p_dt, d = 1 … D, of effects where nothing was done, and

    s_t² = mean over d of p_dt²        R_d = max_t |p_dt| / s_t

the band is e_t ± c s_t. A placebo's own path is part of s_t, the real one is not, so R_d is
studentised as residuals are: s_t is worth ν + 1 exchangeable units (ν degrees of freedom), of
which the placebo is one,

    M_d = R_d √(ν / (ν + 1 − R_d²))        c = max(M_(k), t_{ν, (1+level)/2})

where M_(k) is the k-th smallest, k the least whole number with (D + 1 − k)/(D + 1) < 1 − level.
For ν + 1 = D that is leaving the path out of its own scale, and if real and placebo paths are
exchangeable the band covers all effects with probability level or more, whatever their correlation
over time. Where a group has several paths, their mean square is left out in place of p². Paths of
groups that share units (D > ν + 1) say less than their number: there ν accounts for the
uncertainty of s_t as it does for the t intervals. The band never lies inside them.

    p = max( (1 + #{M_d ≥ m}) / (D + 1),  2 P(t_ν > m) )        m = max_t |e_t| / s_t

so p < 1 − level exactly when some interval of the band excludes zero.

Source: sup-t bands in Montiel Olea and Plagborg-Møller (2019), who take the critical value from an
estimated normal distribution. Departure, ours: from ranks of placebo paths, studentised.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from estimators.core.errors import UnsupportedDesign
from estimators.core.impact import Band
from estimators.core.panel import FloatArray
from estimators.variance.inference import critical_value

LEAST_PATHS = 2  # that an interval of a single period rests on


@dataclass(frozen=True, eq=False)
class Intervals:
    """Intervals of K effects, each by itself; nan where fewer than two paths reach.

    standard_error: (K,) s_t      df: (K,) degrees of freedom      half: (K,) half their width
    """

    standard_error: FloatArray
    df: FloatArray
    half: FloatArray


def intervals(paths: FloatArray, df: float, level: float) -> Intervals:
    """Of each period by itself: t, with at most as many degrees of freedom as paths − 1.

    paths: (D, K) placebo effects, nan where a path does not reach
    """
    known = np.isfinite(paths)
    count = known.sum(axis=0)
    enough = (count >= LEAST_PATHS) & (np.where(known, paths, 0.0) != 0).any(axis=0)
    squares = np.where(known, paths, 0.0) ** 2
    error = np.full(len(count), np.nan)
    error[enough] = np.sqrt(squares[:, enough].sum(axis=0) / count[enough])
    freedom = np.where(enough, np.minimum(df, count - 1), np.nan)
    values = [critical_value(one, level) if one > 0 else np.nan for one in freedom.tolist()]
    return Intervals(error, freedom, np.array(values) * error)


@dataclass(frozen=True, eq=False)
class Limits:
    """How far K effects may stray where nothing was done, before any of them is looked at.

    standard_error: (K,) s_t      df: what the mean square of the paths is worth
    critical_value: c      largest: (D,) M_d, ascending      construction: one sentence for people
    """

    level: float
    standard_error: FloatArray
    df: float
    critical_value: float
    largest: FloatArray
    construction: str

    def p_value(self, top: float) -> float:
        """Of no effect in any of the K, when the largest is so many standard errors."""
        beyond = int((self.largest >= top).sum())
        return max((1 + beyond) / (len(self.largest) + 1), 2 * float(stdtr(self.df, -top)))


def limits(
    paths: FloatArray, df: float, level: float, placed: str, own: FloatArray | None = None
) -> Limits:
    """What the paths of placebos say about K effects together.

    paths: (D, K) placebo effects, nan where a path does not reach
    df: what the mean square of the paths is worth      placed: where the placebos are, for people
    own: (D, K) the part of s_t² that is a path's own: p² unless a group has several paths, whose
        mean square then leaves with it

    Raises UnsupportedDesign when a period has no interval of its own, and when the paths that
    reach every period are too few for the level.
    """
    alone = intervals(paths, df, level)
    unknown, periods = int(np.isnan(alone.half).sum()), paths.shape[1]
    if unknown:
        raise UnsupportedDesign(
            f"{unknown} of {periods} treated periods have no interval of their own: fewer "
            f"than {LEAST_PATHS} placebo paths reach them, or all are zero there"
        )
    complete = np.isfinite(paths).all(axis=1)
    needed, count = paths_needed(level), int(complete.sum())
    if count < needed:
        raise UnsupportedDesign(
            f"a band that holds in all {periods} treated periods at {level * 100:.4g} % needs "
            f"{needed} placebo paths that reach each of them; there are {count}"
        )
    worth = float(min(alone.df.min(), count - 1))
    squares, leaving = paths[complete] ** 2, (paths**2 if own is None else own)[complete]
    scale = alone.standard_error**2
    largest = np.sort(_studentised(squares / scale, leaving / scale, worth).max(axis=1))
    rank = count + 1 - _most_beyond(count, level)
    least = float((alone.half / alone.standard_error).max())
    value = max(float(largest[rank - 1]), least)
    if math.isinf(value):
        raise UnsupportedDesign(
            f"{count} placebo paths ({placed}) are worth only {worth:.4g} degrees of freedom, too "
            f"few to say how far the largest of {periods} effects may stray"
        )
    construction = f"{placed}; the largest standardised effect of a path, rank {rank} of {count}"
    found = alone.standard_error, float(alone.df.min()), value, largest
    return Limits(level, *found, construction)


def band(effects: FloatArray, paths: FloatArray, df: float, level: float, placed: str) -> Band:
    """One band around K effects.

    effects: (K,)      paths, df, level, placed: as `limits` takes them, and raises
    """
    found = limits(paths, df, level, placed)
    top = float((abs(effects) / found.standard_error).max())
    return Band(
        level=level,
        critical_value=found.critical_value,
        p_value=found.p_value(top),
        placebos=len(found.largest),
        construction=found.construction,
    )


def paths_needed(level: float) -> int:
    """The fewest paths with which a band of this level can be told: 1/(D + 1) < 1 − level."""
    fewest = math.ceil(1 / (1 - level)) - 2
    return next(d for d in range(max(1, fewest), fewest + 4) if _most_beyond(d, level) >= 1)


def _most_beyond(count: int, level: float) -> int:
    """The largest j with j/(D + 1) < 1 − level: as often the real path may come last or beyond."""
    most = math.floor((1 - level) * (count + 1)) + 1
    return next(j for j in range(most, -1, -1) if j / (count + 1) < 1 - level)


def _studentised(square: FloatArray, own: FloatArray, df: float) -> FloatArray:
    """|p|/s from p²/s², with what is its own of s² left out: ∞ where that is all there is to s."""
    left = df + 1 - own
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(left > 0, np.sqrt(square * df / left), np.inf)
