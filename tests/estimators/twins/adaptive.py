"""given_both and adaptive of one treated cell, from tables of squares, as docs/methods.md has them.

Windows of one period that do not overlap are independent, and of G controls placed in each of them
G − 1 are: no correlations are needed, every one is written down.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import polygamma

from estimators.core.panel import FloatArray

LEAST = 1e-3


@dataclass(frozen=True)
class Twin:
    """Values and degrees of freedom of the two, and what adaptive weighs with."""

    given_both_df: float
    value: float
    df: float
    by_period: float
    by_unit: float


def trigamma(df: float) -> float:
    return float(polygamma(1, df / 2))


def inverse(variance: float) -> float:
    return float(brentq(lambda df: trigamma(df) - variance, 1e-3, 1e9, xtol=1e-12, rtol=1e-14))


def worth(squares: FloatArray) -> float:
    """Independent squares that a mean of these is worth, its loss to the power ¾."""
    count = len(squares)
    moments = squares.sum() ** 2 / (squares**2).sum()
    return float(count * (moments / count) ** 0.75)


def relative(means: FloatArray) -> FloatArray:
    return np.maximum(means / means.mean(), LEAST)


def loss(means: FloatArray, df: float) -> float:
    """κ of the means, each with df degrees of freedom."""
    return max(1.0, float(np.mean(means**2) / np.mean(means) ** 2 / (1 + 2 / df))) ** 0.75


def between(means: FloatArray, one_more: float, df: float) -> float:
    """τ² of the means and the treated one's."""
    logs = [math.log(mean) for mean in [*means, max(one_more, LEAST)]]
    centre = sum(logs) / len(logs)
    spread = sum((one - centre) ** 2 for one in logs) / (len(logs) - 1)
    return max(0.0, spread - trigamma(df))


def exponent(df: float, variance: float) -> float:
    return 1 - (trigamma(df) / (trigamma(df) + variance)) ** 3


def adaptive(same_period: FloatArray, same_unit: FloatArray, elsewhere: FloatArray) -> Twin:
    """Of placebo effects: (G,) controls now, (W,) the treated before, (G, W) controls before."""
    now, own, table = same_period**2, same_unit**2, elsewhere**2
    groups = len(table)
    n = groups - 1
    M, U = table.mean(), now.mean()
    windows = relative(table.mean(axis=0))
    uneven_groups = loss(relative(table.mean(axis=1)), worth(windows))
    df_both = inverse(trigamma(n / uneven_groups) + trigamma(worth(windows)))
    tau = between(windows, float(U / M), n / uneven_groups)
    k_t = exponent(n / uneven_groups, tau)
    w = windows**k_t
    r = float(np.mean(own / w) / np.mean(table / w) * n / (n + 2 * k_t))
    rows = relative((table / w).mean(axis=1))
    tau = between(rows, r, worth(windows / w))
    k_u = exponent(worth(windows / w), tau)
    variance = (
        trigamma(n * table.shape[1])
        + k_t * trigamma(n / loss(rows, worth(windows / w)))
        + k_u * trigamma(worth(windows / w))
    )
    return Twin(df_both, float(M * (U / M) ** k_t * r**k_u), inverse(variance), k_t, k_u)
