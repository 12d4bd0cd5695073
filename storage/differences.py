"""Two answers of the same shape, compared number by number: what differs, where, and by how much.

Numbers are the same when their bits are; how far two others are apart is relative:

    |a − b| / max(|a|, |b|, FLOOR · scale)

scale is what the number is a difference or a share of: the largest outcome for whatever is in the
outcome's measure, 1 for weights, probabilities and shares, 0 for anything else. So a number that
cancels to nearly nothing is judged by 1e-12 of its scale where 1e-8 is asked of the others: the
last bits of a difference are those of what was subtracted.

Source: ours.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from estimators.core.panel import FloatArray, Panel
from storage.json_values import canonical, plain
from storage.records import StoredEstimate

CLOSE = 1e-8
FLOOR = 1e-4
MEASURED = {
    "att", "effect", "standard_error", "ci_low", "ci_high", "band_low", "band_high", "total",
    "total_low", "total_high", "counterfactual",
}  # fmt: skip
OF_ONE = {"p_value", "weights", "lift", "lift_low", "lift_high", "optimality"}
NAMES = ("kind", "estimator", "period", "label")  # by which one of a list is known

Value = float | str | bool | None


@dataclass(frozen=True)
class Difference:
    """One place where two answers are not the same.

    relative: None where one of the two, or both, is no number
    """

    where: str
    before: Value
    after: Value
    relative: float | None

    @property
    def far(self) -> bool:
        """Whether it is more than last bits: numbers further apart than CLOSE, or only one."""
        if self.relative is None:
            return _is_number(self.before) != _is_number(self.after)
        return self.relative > CLOSE


@dataclass(frozen=True)
class Comparison:
    """numbers: how many were compared      differences: the largest first, words last"""

    numbers: int
    differences: tuple[Difference, ...]

    @property
    def largest(self) -> float | None:
        """The largest relative difference of two numbers; None when no two differ."""
        found = [one.relative for one in self.differences if one.relative is not None]
        return max(found, default=None)


def compare(
    before: Sequence[StoredEstimate], after: Sequence[StoredEstimate], panel: Panel
) -> Comparison:
    """Everything that is stored of two answers on the same panel."""
    size = float(np.nanmax(np.abs(panel.outcome), initial=0.0))
    older, newer = ({one.estimator: one for one in answers} for answers in (before, after))
    walk = _Walk(size)
    for key in dict.fromkeys([*older, *newer]):
        if key not in older or key not in newer:
            walk.leaf(key, "answered" if key in older else None,
                      "answered" if key in newer else None, 0.0)  # fmt: skip
            continue
        walk.value(key, _words(older[key]), _words(newer[key]))
        for name, labels, one, other in _arrays(older[key], newer[key], panel):
            walk.array(f"{key} / {name}", labels, one, other)
    return walk.comparison()


def compare_values(where: str, before: Any, after: Any, size: float = 0.0) -> Comparison:
    """Two values of JSON. size: of what is in the outcome's measure"""
    walk = _Walk(size)
    walk.value(where, before, after)
    return walk.comparison()


class _Walk:
    """Down both answers at once, counting numbers and keeping what differs."""

    def __init__(self, size: float) -> None:
        self.size, self.numbers = size, 0
        self.found: list[Difference] = []

    def comparison(self) -> Comparison:
        return Comparison(self.numbers, tuple(sorted(self.found, key=_order)))

    def value(self, where: str, before: Any, after: Any) -> None:
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            for key in dict.fromkeys([*before, *after]):
                self.value(f"{where} / {key}", before.get(key), after.get(key))
        elif _is_list(before) and _is_list(after):
            one, other = _named(before), _named(after)
            for key in dict.fromkeys([*one, *other]):
                self.value(f"{where} / {key}", one.get(key), other.get(key))
        else:
            self.leaf(where, before, after, self._scale(where))

    def leaf(self, where: str, before: Any, after: Any, scale: float) -> None:
        self.numbers += _is_number(before) or _is_number(after)
        if canonical(before) != canonical(after):
            one, other = (_spelled(value) for value in (before, after))
            self.found.append(Difference(where, one, other, _relative(one, other, scale)))

    def array(
        self,
        where: str,
        labels: tuple[Sequence[Any], ...],
        before: FloatArray | None,
        after: FloatArray | None,
    ) -> None:
        if before is None or after is None or before.shape != after.shape:
            self.value(where, *(None if one is None else str(one.shape) for one in (before, after)))
            return
        self.numbers += before.size
        differs = (_bits(before) != _bits(after)) & ~(np.isnan(before) & np.isnan(after))
        scale = self._scale(where)
        for place in map(tuple, np.argwhere(differs)):
            cell = " / ".join(str(axis[i]) for axis, i in zip(labels, place, strict=True))
            one, other = (_not_nan(float(array[place])) for array in (before, after))
            relative = _relative(one, other, scale)
            self.found.append(Difference(f"{where} / {cell}", one, other, relative))

    def _scale(self, where: str) -> float:
        names = where.split(" / ")
        if MEASURED.intersection(names):
            return self.size
        return 1.0 if OF_ONE.intersection(names) else 0.0


def _words(estimate: StoredEstimate) -> dict[str, Any]:
    """All but the arrays."""
    arrays = ("counterfactual", "weights")
    return {
        field.name: plain(getattr(estimate, field.name))
        for field in fields(estimate)
        if field.name not in arrays
    }


def _arrays(
    before: StoredEstimate, after: StoredEstimate, panel: Panel
) -> Iterator[tuple[str, tuple[Sequence[Any], ...], FloatArray | None, FloatArray | None]]:
    cells = (panel.units, panel.periods)
    yield "counterfactual", cells, before.counterfactual, after.counterfactual
    groups = [{one.label: one for one in estimate.weights} for estimate in (before, after)]
    for label in dict.fromkeys([*groups[0], *groups[1]]):
        one, other = (found.get(label) for found in groups)
        for axis, labels in (("units", panel.units), ("periods", panel.periods)):
            first, second = (getattr(group, axis) if group else None for group in (one, other))
            yield f"weights / {label} / {axis}", (labels,), first, second


def _named(items: Sequence[Any]) -> dict[str, Any]:
    """Items by what they are called, or by their place."""
    for name in NAMES:
        keys = [
            item[name] if isinstance(item, Mapping) and name in item else None for item in items
        ]
        if keys and None not in keys and len(set(map(str, keys))) == len(keys):
            return dict(zip(map(str, keys), items, strict=True))
    return {str(place): item for place, item in enumerate(items)}


def _relative(before: Value, after: Value, scale: float) -> float | None:
    if not (_is_number(before) and _is_number(after)):
        return None
    one, other = float(before), float(after)  # type: ignore[arg-type]  # numbers, as was just seen
    if one == other:
        return 0.0  # 0.0 and -0.0, or 1 and 1.0
    return abs(one - other) / max(abs(one), abs(other), FLOOR * scale)


def _order(one: Difference) -> tuple[bool, float]:
    """A number beside none first, then by size, words last."""
    if one.relative is None:
        return (not one.far, -math.inf)
    return (False, -one.relative)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _spelled(value: Any) -> Value:
    """A leaf as it is, anything with parts as one text."""
    return value if value is None or isinstance(value, int | float | str) else canonical(value)


def _not_nan(value: float) -> float | None:
    return None if math.isnan(value) else value


def _bits(array: FloatArray) -> Any:
    return np.ascontiguousarray(array, dtype=np.float64).view(np.int64)
