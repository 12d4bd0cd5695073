"""Tests by rank: when one rejects, and how many placebos that takes.

    p = rank / number      rejected when p ≤ 1 − level, that is, when rank ≤ ⌊(1 − level) · number⌋

A rank among a few has few values, and some are 1 − level exactly: such a test rejects there, or its
level would not be what it says. The interval of such a test holds the effects that it does not
reject, so that it excludes zero exactly when p ≤ 1 − level.
"""

import math

from estimators.core.errors import UnsupportedDesign

ROUNDING = 1e-9


def rejecting_ranks(number: int, level: float) -> int:
    """The largest rank of `number` that is rejected; 0 when none is."""
    return math.floor((1 - level) * number + ROUNDING)


def require_enough(number: int, level: float, kind: str, what: str, beside: int) -> None:
    """Raise UnsupportedDesign when no rank can be rejected.

    beside: how many of the ranked are no `what`: the estimate itself
    """
    if rejecting_ranks(number, level):
        return
    needed = math.ceil(1 / (1 - level) - ROUNDING) - beside
    raise UnsupportedDesign(
        f"{kind} needs {needed} {what} for a {level:.4g} interval; there are {number - beside}; "
        f"lower the level or read another kind"
    )
