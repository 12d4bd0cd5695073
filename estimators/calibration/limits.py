"""Exact limits of a share that was counted: between which shares would this count be no surprise?

    [B(a/2; k, n − k + 1),  B(1 − a/2; k + 1, n − k)]        B the quantile of a beta law

for k of n, a = 1 − level; 0 and 1 where k is 0 or n. They contain the true share with probability
`level` or more, whatever it is.

Source: Clopper and Pearson (1934).
"""

from scipy.special import betaincinv


def exact_limits(hits: int, count: int, level: float) -> tuple[float, float]:
    """The limits; (0, 1) where nothing was counted."""
    tail = (1 - level) / 2
    low = float(betaincinv(hits, count - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, count - hits, 1 - tail)) if hits < count else 1.0
    return low, high
