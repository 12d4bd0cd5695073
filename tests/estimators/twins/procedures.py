"""Inference beside placebo variances, the slow way: loops and matrices, as in the papers."""

import numpy as np
import numpy.typing as npt

from estimators.core.panel import FloatArray, IntArray


def double_difference(outcome: FloatArray, treated: npt.NDArray[np.bool_], start: int) -> float:
    """DID of a block: treated and control units, before and from `start` on."""
    change = outcome[:, start:].mean(axis=1) - outcome[:, :start].mean(axis=1)
    return float(change[treated].mean() - change[~treated].mean())


def bilinear(outcome: FloatArray, units: FloatArray, periods: FloatArray) -> float:
    """The estimate as the authors' code forms it: signed unit weights, Y, signed period weights."""
    return float(units @ outcome @ periods)


def jackknife(outcome: FloatArray, units: FloatArray, periods: FloatArray) -> float:
    """Algorithm 3: weights of the units left divided by their sums, controls' and treated's."""
    effects = []
    for i in range(len(outcome)):
        left = units.copy()
        left[i] = 0.0
        positive, negative = left > 0, left < 0
        left[positive] /= left[positive].sum()
        left[negative] /= -left[negative].sum()
        effects.append(bilinear(outcome, left, periods))
    n = len(effects)
    return (n - 1) / n * (n - 1) * float(np.var(effects, ddof=1))


def conformal_p(residuals: FloatArray, treated: IntArray) -> float:
    """Share of cyclic shifts with a sum as large. residuals: (T,) of the average treated unit."""
    periods = len(residuals)
    own = abs(sum(residuals[t] for t in treated))
    shifted = [abs(sum(residuals[(t + k) % periods] for t in treated)) for k in range(periods)]
    return sum(one >= own - 1e-9 for one in shifted) / periods


def rank_p(gaps: FloatArray, treated: int, start: int, effect: float = 0.0) -> float:
    """Rank of one unit by RMSPE after over RMSPE before. gaps: (N, T) of every unit's own fit."""
    gaps = gaps.copy()
    gaps[treated, start:] -= effect
    ratio = [
        np.sqrt(np.mean(row[start:] ** 2)) / np.sqrt(np.mean(row[:start] ** 2)) for row in gaps
    ]
    return sum(one >= ratio[treated] for one in ratio) / len(ratio)
