"""Promotions of the calendar that are in the same units at the same time, about the same things."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from studies.placing import concerns
from studies.promotions import Promotion


@dataclass(frozen=True)
class Pair:
    """Two promotions, and the units both are in. What either sold there cannot be told apart."""

    one: str
    other: str
    units: tuple[str, ...]


def overlapping(some: Iterable[Promotion], calendar: Sequence[Promotion]) -> list[Pair]:
    """Each pair of which one is among `some`, once, in the order of the calendar."""
    found: dict[frozenset[str], Pair] = {}
    for one in some:
        if one.cancelled:
            continue
        span, units = one.span, set(one.units)
        for other in calendar:
            pair = frozenset((one.promotion, other.promotion))
            if pair in found or not concerns(one, other) or not span.meets(other.span):
                continue
            if both := sorted(units & set(other.units)):
                found[pair] = Pair(one.promotion, other.promotion, tuple(both))
    return list(found.values())
