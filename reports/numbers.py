"""Numbers as people read them: as many digits as the uncertainty supports, real minus signs.

A standard error is shown with two significant digits and everything beside it with the same
number of decimal places, so that an estimate never looks surer than it is.
"""

import math
from collections.abc import Iterable

MINUS = "−"
MOST_PLACES = 6  # beyond that a decimal fraction is unreadable and powers of ten are clearer
LARGEST = 1e15
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def places_for(
    standard_errors: Iterable[float | None], values: Iterable[float | None] = (), least: int = 0
) -> int:
    """Decimal places that give the smallest standard error two significant digits.

    values: used instead, with three significant digits of the largest, where no standard error
        is known
    least: lower bound; negative allows rounding to tens, hundreds ...
    """
    errors = [abs(x) for x in standard_errors if x is not None and math.isfinite(x) and x]
    if errors:
        return max(least, 1 - _magnitude(min(errors)))
    sizes = [abs(x) for x in values if x is not None and math.isfinite(x) and x]
    return max(least, 2 - _magnitude(max(sizes))) if sizes else max(least, 0)


def places_that_keep_signs(places: int, bounds: Iterable[float | None]) -> int:
    """As many more places as it takes for no bound to be rounded to zero.

    An interval that excludes zero must not be printed as one that touches it.
    """
    known = [x for x in bounds if x]
    while places < MOST_PLACES and any(round(x, places) == 0 for x in known):
        places += 1
    return places


def number(value: float | None, places: int) -> str:
    """A number with thousands separators, a real minus and never "−0"; a dash when unknown."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value and (places > MOST_PLACES or abs(value) >= LARGEST):
        return _scientific(value)
    text = f"{round(value, places):,.{min(max(places, 0), MOST_PLACES)}f}"
    digits = text.removeprefix("-")
    negative = text != digits and any(character in "123456789" for character in digits)
    return MINUS + digits if negative else digits


def significant(value: float | None, digits: int = 3) -> str:
    """A number on its own, with so many significant digits."""
    if value is None or not math.isfinite(value) or value == 0:
        return number(value, 0)
    return number(value, max(0, digits - 1 - _magnitude(value)))


def interval(low: float | None, high: float | None, places: int) -> str:
    """ "−25.0 to −6.2" """
    return f"{number(low, places)} to {number(high, places)}"


def p_value(value: float | None) -> str:
    """Three decimals; never a probability of exactly zero."""
    if value is None or math.isnan(value):
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def percent(share: float) -> str:
    """A share as a percentage: "95 %", "99.5 %"."""
    return f"{share * 100:.4g}".replace("-", MINUS) + " %"


def _magnitude(value: float) -> int:
    """Power of ten of the first digit after rounding to two: 0.0996 is −1, not −2."""
    return int(f"{abs(value):.1e}".partition("e")[2])


def _scientific(value: float) -> str:
    mantissa, _, exponent = f"{value:.2e}".partition("e")
    power = str(int(exponent)).translate(SUPERSCRIPTS)
    return f"{mantissa.replace('-', MINUS)} × 10{power}"
