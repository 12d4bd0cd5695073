"""Which kind of variance the evidence favours: one rule, fixed before any result is seen.

    uneven by unit   uneven by period        favoured
    no               no                      marginal       the steadiest, and nothing to adapt to
    yes              no                      given_unit
    no               yes                     given_period
    yes              yes                     given_both
    cannot be said (either)                  adaptive

Uneven means p < 0.05 in the rank test of unevenness.py. A kind that was refused, or whose interval
rests on fewer than 8 degrees of freedom (its t is then 18 % wider than the normal), gives way to
adaptive, which moves between the kinds as far as the data allow.

This is advice. The kind in which a result is announced is the plan's, named before the result was
known; choosing it afterwards would choose among p-values. The rule looks at untreated cells only,
never at the effect, and is this project's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from estimators.diagnostics.unevenness import Unevenness

UNEVEN = 0.05
LEAST_DF = 8
FAVOURED = {
    (False, False): "marginal",
    (True, False): "given_unit",
    (False, True): "given_period",
    (True, True): "given_both",
}
OTHERWISE = "adaptive"


@dataclass(frozen=True)
class Favoured:
    """The kind of variance the evidence favours, and why, in one sentence without its end."""

    kind: str
    because: str


def favoured(
    by_unit: Unevenness | None,
    by_period: Unevenness | None,
    df: Mapping[str, float | None],
) -> Favoured:
    """Apply the rule.

    by_unit, by_period: the evidence, None where the test was refused
    df: degrees of freedom of each kind that answered; None where a kind needs none
    """
    unknown = [
        what for what, found in (("by unit", by_unit), ("by period", by_period)) if found is None
    ]
    if by_unit is None or by_period is None:
        return Favoured(
            OTHERWISE, f"whether noise is uneven {' or '.join(unknown)} cannot be tested here"
        )
    uneven = (by_unit.p_value < UNEVEN, by_period.p_value < UNEVEN)
    kind = FAVOURED[uneven]
    said = _said(*uneven)
    if kind not in df:
        return Favoured(OTHERWISE, f"{said}, but {_named(kind)} was refused or not asked for")
    least = df[kind]
    if least is not None and least < LEAST_DF:
        return Favoured(
            OTHERWISE,
            f"{said}, but {_named(kind)} rests on {least:.3g} degrees of freedom, fewer than "
            f"{LEAST_DF}",
        )
    return Favoured(kind, said)


def _said(by_unit: bool, by_period: bool) -> str:
    if by_unit and by_period:
        return "noise is uneven by unit and by period"
    if by_unit:
        return "noise is uneven by unit, and not noticeably by period"
    if by_period:
        return "noise is uneven by period, and not noticeably by unit"
    return "noise is not noticeably uneven, neither by unit nor by period"


def _named(kind: str) -> str:
    return f"the interval {kind.replace('_', ' ')}"
