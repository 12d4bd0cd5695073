"""How unevenly noise is spread over groups of units and over times, as placebos of controls show.

Of controls placed in the windows of the treated units' past (M′ of placebos.py), e_gs² is the
squared effect of group g in window s. With m_s the mean over groups, m_g the mean over windows,

    κ   = (mean m² / (mean m)² / (1 + 2/df))^¾     unevenness beyond sampling: 1 when even
    τ²  = variance of log m − mean ψ′(df/2)        the same of logarithms, 0 when even

where df are those of one m. ψ′(df/2) is the variance of the logarithm of χ²_df. In τ² the treated
units are one more group and the treated periods one more window: one that stands out is seen.

A pool of df degrees of freedom that averages squares of unequal variance is worth df/κ. The
variance of such a mean is matched without the exponent ¾ (Satterthwaite); its lower tail, which
decides what a t interval covers, is lighter, and that one would cover 96 to 97 %. With ¾ it is
95 % for products of two such means too (simulated: log-normal scales, log-sd up to 0.8).

A ratio that tells apart noisy from quiet units (or periods), found with sampling variance v, is
taken to the power

    k = 1 − (v / (v + τ²))³

0 where controls look alike, 1 where they clearly differ. Empirical Bayes would have the exponent
1: least squared error of log V on average, but in the quietest and the noisiest cells, shrunken
most, intervals would be too wide and too narrow. With 3 they keep their level there (simulated,
docs/methods.md), and even noise is recognised as well.

Source: shrinkage of effects by an estimated variance between them is empirical Bayes (Efron and
Morris 1975). Everything else is this project's construction.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import polygamma

from estimators.core.panel import FloatArray, IntArray
from estimators.variance.effects import Effects
from estimators.variance.independence import degrees, degrees_uneven

POWER = 3
TAIL = 0.75
FLOOR = 1e-3  # of the mean: no window counts as quieter, lest it alone decide


@dataclass(frozen=True)
class Unevenness:
    """What controls' placebos say about noise, for the ratio of a treated unit to them.

    by_period, by_unit: k of the two ratios      unit_ratio: r, of the treated units to controls
    concentration: κ of groups in one window
    df_period, df_unit: of U and r where scales differ      df_windows: of P, not weighted
    """

    by_period: float
    by_unit: float
    unit_ratio: float
    concentration: float
    df_period: float
    df_unit: float
    df_windows: float


def unevenness(controls: Effects, own: Effects, period: Effects, base: Effects) -> Unevenness:
    """From controls (M′) and treated units (P) in the same windows, U, and what it is set against.

    base: M, or U itself where nothing is asked about periods
    """
    squares, groups, times = controls.squares, controls.groups, controls.times
    alike, used, many = controls.alike_times, np.unique(times), int(groups.max()) + 1
    near = alike[np.ix_(used, used)]
    members = np.unique(groups)
    none = np.zeros(len(members), dtype=np.intp)
    column_df = degrees(members, none, controls.share, np.ones((1, 1)))
    period_ratio = period.mean_square / base.mean_square

    by_time = spread(squares, times, column_df, len(alike))
    row_df = _worth(by_time.means[used], near)
    concentration = spread(squares, groups, row_df, many).concentration
    by_time = spread(squares, times, column_df / concentration, len(alike), period_ratio)
    by_period = by_time.shrinkage(period.df / concentration)

    scale = by_time.means
    weights = scale**by_period
    shared = np.isin(times, own.times)
    reference = float(np.mean(squares[shared] / weights[times[shared]]))
    ratio = float(np.mean(own.squares / weights[own.times])) / reference
    ratio *= column_df / (column_df + 2 * by_period)
    row_df = _worth(scale[used] / weights[used], near)
    by_group = spread(squares / weights[times], groups, row_df, many, ratio)
    theirs = alike[np.ix_(own.times, own.times)]
    df_unit = _worth(scale[own.times] / weights[own.times], theirs)
    return Unevenness(
        by_period=by_period,
        by_unit=by_group.shrinkage(df_unit),
        unit_ratio=ratio,
        concentration=concentration,
        df_period=period.df / by_group.concentration,
        df_unit=df_unit,
        df_windows=_worth(scale[own.times], theirs),
    )


@dataclass(frozen=True, eq=False)
class Spread:
    """How much mean squares differ between groups, or between times.

    means: by label, relative to their average; 1 where there is no placement
    concentration: κ ≥ 1      variance: τ² ≥ 0
    """

    means: FloatArray
    concentration: float
    variance: float

    def shrinkage(self, df: float) -> float:
        """k of a ratio found with these degrees of freedom, in [0, 1)."""
        sampling = log_variance(df)
        return float(1 - (sampling / (sampling + self.variance)) ** POWER)


def spread(
    squares: FloatArray, labels: IntArray, df: float, many: int, treated: float | None = None
) -> Spread:
    """Of squares by label.

    squares, labels: (D,)      many: labels there are, 0, …, many − 1
    df: degrees of freedom of the mean of one label, averaged over labels
    treated: the same mean for the treated units or periods, relative to controls; one more of them
    """
    counts = np.bincount(labels, minlength=many)
    means = np.ones(many)
    some = counts > 0
    means[some] = np.bincount(labels, squares, many)[some] / counts[some]
    means[some] = np.maximum(means[some] / means[some].mean(), FLOOR)
    found = means[some]
    concentration = float(np.mean(found**2) / (1 + 2 / df))
    seen = found if treated is None else np.append(found, max(treated, FLOOR))
    if len(seen) < 2:
        return Spread(means, 1.0, 0.0)
    between = float(np.log(seen).var(ddof=1)) - log_variance(df)
    return Spread(means, max(1.0, concentration) ** TAIL, max(0.0, between))


def _worth(squares: FloatArray, alike: FloatArray) -> float:
    """Degrees of freedom of windows whose squares differ like this."""
    even = degrees_uneven(np.ones(len(squares)), alike)
    return even * (degrees_uneven(squares, alike) / even) ** TAIL


def log_variance(df: float) -> float:
    """Variance of the logarithm of χ² with these degrees of freedom: ψ′(df/2), about 2/df."""
    return float(polygamma(1, df / 2))


def df_of(variance: float) -> float:
    """The degrees of freedom whose logarithm has this variance: the inverse of log_variance."""
    df = 2 / variance + 1  # ψ′(x) ≈ 1/x + 1/(2x²)
    for _ in range(50):
        step = (log_variance(df) - variance) / float(polygamma(2, df / 2)) * 2
        df = max(df - step, df / 2)
        if abs(step) < 1e-12 * df:
            break
    return df
