"""From a variance to a standard error, an interval and a p-value, all from the same t.

    interval  τ̂ ± t_{df, (1+level)/2} · √V          p = 2 P(t_df > |τ̂| / √V)

so p < 1 − level exactly when the interval excludes zero.
"""

import math

from scipy.special import stdtr, stdtrit  # scipy.stats takes a second to import

from estimators.core.fit import Inference, Variance


def infer(estimate: float, variance: Variance, level: float) -> Inference:
    """What stands beside an estimate. level: coverage of the interval, in (0, 1)."""
    error = math.sqrt(variance.value)
    half = critical_value(variance.df, level) * error
    p_value = float(2 * stdtr(variance.df, -abs(estimate) / error))
    return Inference(
        kind=variance.kind,
        level=level,
        ci_low=estimate - half,
        ci_high=estimate + half,
        p_value=p_value,
        placebos=variance.placebos,
        construction=variance.construction,
        standard_error=error,
        df=variance.df,
        variance=variance,
    )


def critical_value(df: float, level: float) -> float:
    """The t quantile an interval of this level uses."""
    return float(stdtrit(df, (1 + level) / 2))
