"""What effects amount to: together, added up, and in percent.

    band         intervals by period that all hold at once
    cumulative   the sum of effects over the treated cells so far
    impact       one interval of the att, in the two measures people decide by

They rest on the placebos that the intervals beside them rest on (see variance/bands.py and
variance/impact.py).
"""

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True)
class Band:
    """Intervals of one level together: all true effects lie inside, in that share of samples.

    level: of all intervals at once
    critical_value: standard errors from the effect to either end
    p_value: of no effect in any period; below 1 − level exactly when some interval excludes zero
    placebos: paths that the critical value comes from
    construction: one sentence: which paths, and how the critical value was chosen
    """

    level: float
    critical_value: float
    p_value: float
    placebos: int
    construction: str


@dataclass(frozen=True)
class CumulativeEffect:
    """Sum of effects over the treated cells up to a period, that period's included.

    period: label, of a period with observed treated cells
    treated: cells added up      missing: treated cells up to here that are not, for want of an
        observation or because the fit leaves them out
    effect, standard_error, and the ends of the interval and of the band: sums, in the outcome's
        measure; None when refused
    """

    period: Hashable
    treated: int
    missing: int
    effect: float
    standard_error: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    band_low: float | None = None
    band_high: float | None = None


@dataclass(frozen=True)
class Impact:
    """One interval of the att as a total and as a percentage of what would have been.

    kind: of the inference it restates
    total, total_low, total_high: att × treated cells that are averaged, in the outcome's measure
    lift, lift_low, lift_high: att / mean counterfactual of those cells, as a share (0.1 is 10 %);
        None where `reason` says why no percentage means anything
    """

    kind: str
    level: float
    total: float
    total_low: float
    total_high: float
    lift: float | None = None
    lift_low: float | None = None
    lift_high: float | None = None
    reason: str | None = None
