"""What a t interval says about a quantity being above zero, and what a wrong decision costs.

The intervals of every level that one procedure gives to a quantity θ form a distribution over it,

    θ ~ R + s T        T of Student's t with df degrees of freedom

the confidence distribution. P(θ > 0) = F_df(R / s) is the level of the one-sided interval that just
reaches zero: it is (1 + level) / 2 or more exactly when the two-sided interval lies above zero. No
prior enters, and it is not a Bayesian posterior, though with a flat prior and normal noise of known
size the numbers agree.

    E max(θ, 0) = s [ (df + c²) / (df − 1) · f_df(c) − c (1 − F_df(c)) ]        c = −R / s

is what stopping would forgo on average over this distribution, E max(−θ, 0) what repeating would
lose; neither is finite for df ≤ 1.

Source: Cox (1958) and Xie and Singh (2013) for confidence distributions; the expectation follows
from t f(t) = −d/dt [(df + t²) / (df − 1) · f(t)].
"""

import math

from scipy.special import gammaln, stdtr, stdtrit


def probability_above_zero(value: float, error: float, df: float) -> float:
    """P(θ > 0) by the confidence distribution; df may be infinite."""
    return float(stdtr(df, value / error))


def expected_gain(value: float, error: float, df: float) -> float | None:
    """E max(θ, 0), in the measure of the value; None where it is not finite."""
    if not df > 1:
        return None
    c = -value / error
    if math.isinf(df):
        tail = math.exp(-(c**2) / 2) / math.sqrt(2 * math.pi)
    else:
        log_density = (
            gammaln((df + 1) / 2)
            - gammaln(df / 2)
            - 0.5 * math.log(df * math.pi)
            - (df + 1) / 2 * math.log1p(c**2 / df)
        )
        tail = (df + c**2) / (df - 1) * math.exp(log_density)
    return float(max(0.0, error * (tail - c * stdtr(df, -c))))


def quantile(value: float, error: float, df: float, probability: float) -> float:
    """What θ exceeds with this probability."""
    return value - error * float(stdtrit(df, probability))
