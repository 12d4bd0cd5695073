"""What two versions of a plan, or of a promotion, say differently: key by key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """One key that does not say the same. before, after: JSON; None where it says nothing

    key: as in a study file, parts of parts after dots: inference.level
    """

    key: str
    before: Any
    after: Any


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Every key that differs, in order; a list is one value."""
    one, other = dict(_flat(before)), dict(_flat(after))
    return tuple(
        Change(key, one.get(key), other.get(key))
        for key in sorted(one.keys() | other.keys())
        if one.get(key) != other.get(key)
    )


def _flat(part: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in part.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value
