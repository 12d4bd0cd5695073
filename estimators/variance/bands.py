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
over time. Paths of groups that share units (D > ν + 1) say less than their number: there ν
accounts for the uncertainty of s_t as it does for the t intervals. The band never lies inside
them.

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


def band(effects: FloatArray, paths: FloatArray, df: float, level: float, placed: str) -> Band:
    """One band around K effects.

    effects: (K,)      paths: (D, K) placebo effects, nan where a path does not reach
    df: what the mean square of the paths is worth      placed: where the placebos are, for people

    Raises UnsupportedDesign when a period has no interval of its own, and when the paths that
    reach every period are too few for the level.
    """
    alone = intervals(paths, df, level)
    unknown = int(np.isnan(alone.half).sum())
    if unknown:
        raise UnsupportedDesign(
            f"{unknown} of {len(effects)} treated periods have no interval of their own: fewer "
            f"than {LEAST_PATHS} placebo paths reach them, or all are zero there"
        )
    complete = np.isfinite(paths).all(axis=1)
    needed, count = paths_needed(level), int(complete.sum())
    if count < needed:
        raise UnsupportedDesign(
            f"a band that holds in all {len(effects)} treated periods at {level * 100:.4g} % needs "
            f"{needed} placebo paths that reach each of them; there are {count}"
        )
    worth = float(min(alone.df.min(), count - 1))
    largest = np.sort(_studentised(abs(paths[complete] / alone.standard_error).max(axis=1), worth))
    rank = count + 1 - _most_beyond(count, level)
    least = float((alone.half / alone.standard_error).max())
    value = max(float(largest[rank - 1]), least)
    if math.isinf(value):
        raise UnsupportedDesign(
            f"{count} placebo paths ({placed}) are worth only {worth:.4g} degrees of freedom, too "
            f"few to say how far the largest of {len(effects)} effects may stray"
        )
    top = float((abs(effects) / alone.standard_error).max())
    beyond = int((largest >= top).sum())
    return Band(
        level=level,
        critical_value=value,
        p_value=max((1 + beyond) / (count + 1), 2 * float(stdtr(alone.df.min(), -top))),
        placebos=count,
        construction=f"{placed}; the largest standardised effect of a path, rank {rank} of {count}",
    )


def paths_needed(level: float) -> int:
    """The fewest paths with which a band of this level can be told: 1/(D + 1) < 1 − level."""
    fewest = math.ceil(1 / (1 - level)) - 2
    return next(d for d in range(max(1, fewest), fewest + 4) if _most_beyond(d, level) >= 1)


def _most_beyond(count: int, level: float) -> int:
    """The largest j with j/(D + 1) < 1 − level: as often the real path may come last or beyond."""
    most = math.floor((1 - level) * (count + 1)) + 1
    return next(j for j in range(most, -1, -1) if j / (count + 1) < 1 - level)


def _studentised(ratio: FloatArray, df: float) -> FloatArray:
    """|p|/s with p in s, as if it were not: ∞ where a path is all there is to s."""
    left = df + 1 - ratio**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(left > 0, ratio * np.sqrt(df / left), np.inf)
