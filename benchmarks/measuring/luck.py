"""How often nothing is called an effect, less the luck of the draws (control variates).

Of one treated cell under even normal noise of variance one, DID's error over its own standard
deviation,

    z = e / √(N/(N − 1) · T/(T − 1))

is standard normal exactly. A thousand panels may by chance hold more large z than they should, and
every estimator, whose error moves with z, is then said to find too much. How often 1{p < α} is
true is regressed on what is known of z,

    1{|z| > z_(1−a/2)} − a for a = .01, .05, .10        z² − 1

all of expectation zero: the intercept has the same expectation as the raw share, and a smaller
error. The four slopes are estimated from the same draws, a bias of the order 1/R.

Source: control variates by regression are textbook (Lavenberg and Welch 1981); the choice of z is
this project's.
"""

import numpy as np
from scipy.stats import norm

from estimators.calibration.answer import NUMBERS
from estimators.calibration.exam import Answers
from estimators.calibration.summaries import Measured
from estimators.core.panel import FloatArray

AT = (0.01, 0.05, 0.10)
KNOWN = "did"  # whose error has a known distribution


def standardised(answers: Answers, units: int, periods: int) -> FloatArray:
    """(R,) z of each replication, one treated cell of so many units and periods."""
    error = answers.error[:, answers.estimators.index(KNOWN)]
    return np.asarray(error / np.sqrt(units / (units - 1) * periods / (periods - 1)))


def rejected(answers: Answers, z: FloatArray, level: float) -> list[list[Measured]]:
    """By estimator and kind: the share of p below 1 − level with what z explains taken out."""
    known = np.column_stack(
        [np.ones(len(z)), z**2 - 1, *((np.abs(z) > norm.ppf(1 - a / 2)) - a for a in AT)]
    )
    found = answers.inference[..., NUMBERS.index("p_value")] < 1 - level
    flat = found.reshape(len(z), -1).astype(np.float64)
    slopes = np.linalg.lstsq(known, flat, rcond=None)[0]
    left = flat - known @ slopes
    errors = np.sqrt((left**2).sum(axis=0) / (len(z) - known.shape[1]) / len(z))
    values = slopes[0].reshape(found.shape[1:])
    return [
        [Measured(float(value), float(error)) for value, error in zip(*row, strict=True)]
        for row in zip(values, errors.reshape(found.shape[1:]), strict=True)
    ]
