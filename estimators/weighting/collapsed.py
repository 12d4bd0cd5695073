"""The data of one target, and the weights found for it.

A method sees no more than this: donors and the mean treated path over the matched periods, and each
donor's mean over the scored ones. Whatever is linear in the outcome is so in all three.
"""

from dataclasses import dataclass

import numpy as np

from estimators.core.panel import FloatArray, IntArray
from estimators.weighting.targets import Target


@dataclass(frozen=True, eq=False)
class Collapsed:
    """Data of one target; of covariates, each array has one axis more, at its end.

    before: (D, B) donors in the matched periods
    after: (D,) donors' means over the scored periods
    path: (B,) mean of the treated units in the matched periods
    """

    before: FloatArray
    after: FloatArray
    path: FloatArray

    def less(self, covariates: "Collapsed", coefficients: FloatArray) -> "Collapsed":
        """What is left when covariates are taken out."""
        return Collapsed(
            self.before - covariates.before @ coefficients,
            self.after - covariates.after @ coefficients,
            self.path - covariates.path @ coefficients,
        )


@dataclass(frozen=True, eq=False)
class Weighted:
    """The weights of one target.

    units: (D,) of donors
    anchor: (B,) of the periods in which each treated unit's level above the donors' path is
        measured and kept, summing to one; None when levels are matched, not shifted
    periods: (B,) the anchor, when it was estimated
    steps, optimality: as in Fit
    """

    units: FloatArray
    anchor: FloatArray | None
    periods: FloatArray | None
    steps: int
    optimality: float


def collapse(donors: FloatArray, treated: FloatArray, target: Target) -> Collapsed:
    """donors: (D, T) outcomes or (D, T, K) covariates; treated: likewise, of the target's units."""
    return Collapsed(
        _columns(donors, target.before),
        _columns(donors, target.scored).mean(axis=1),
        _columns(treated, target.before).mean(axis=0),
    )


def predict(donors: FloatArray, treated: FloatArray, target: Target, found: Weighted) -> FloatArray:
    """(n, T) untreated paths of the target's units; nan where some donor is not usable."""
    path = found.units @ donors
    if found.anchor is None:
        return np.tile(path, (len(treated), 1))
    above = _columns(treated, target.before) - path[target.before]
    return np.asarray(path + (above @ found.anchor)[:, None])


def _columns(values: FloatArray, periods: IntArray) -> FloatArray:
    """A view where the periods are neighbours, which they mostly are; else a copy."""
    first, last = int(periods[0]), int(periods[-1])
    if last - first + 1 == len(periods):
        return values[:, first : last + 1]
    return values[:, periods]
