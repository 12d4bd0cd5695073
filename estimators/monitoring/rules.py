"""What a look comes to under the rules of a plan: harm, futility, a clear effect.

    harmful   the whole interval of the lift lies below `harm`
    futile    the whole interval lies below `worthwhile`, and not below `harm`
    clear     the whole interval lies above `worthwhile`

Bounds are shares of what would have been sold (−0.02 is 2 % less). All intervals of a life hold at
once, so any of these is ever said wrongly in at most a share 1 − level of promotions. Stopping for
futility early costs power and no validity, as in group-sequential trials (Jennison and Turnbull,
1999, non-binding futility bounds).
"""

from typing import Literal

from estimators.core.impact import Impact

Verdict = Literal["harmful", "futile", "clear", "open"]


def verdict(lift: Impact, harm: float | None, worthwhile: float | None) -> Verdict:
    """What may be said now; open where nothing may, or where no percentage means anything.

    harm: a rule that is not there says nothing      worthwhile: 0 is what is clear without it
    """
    if lift.lift_low is None or lift.lift_high is None:
        return "open"
    if harm is not None and lift.lift_high < harm:
        return "harmful"
    if worthwhile is not None and lift.lift_high < worthwhile:
        return "futile"
    if lift.lift_low > (worthwhile or 0.0):
        return "clear"
    return "open"
