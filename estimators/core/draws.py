"""The order in which units stand before lots are drawn.

A file and a database may hold one panel with its units in two orders. Whatever is drawn with a
seed (folds, placebo groups) is therefore drawn over units in the order of their labels, and the
answer depends on the labels, not on where a unit happens to stand. In panels whose units are
already in this order nothing needs to move.

Ours; no source.
"""

import re
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from estimators.core.panel import BoolArray, IntArray

WHOLE = re.compile(r"[+-]?\d{1,18}")


def by_label(labels: Sequence[Hashable]) -> IntArray:
    """Positions that put labels in order.

    Text by code point, or by number where every label is a whole number; numbers and dates by
    value; labels that cannot be compared with each other by the name of their type, then by how
    they are spelled.
    """
    each: Sequence[Any] = labels
    positions = range(len(each))
    if all(isinstance(label, str) and WHOLE.fullmatch(label) for label in each):
        return np.array(sorted(positions, key=lambda i: (int(each[i]), each[i])), dtype=np.intp)
    try:
        return np.array(sorted(positions, key=each.__getitem__), dtype=np.intp)
    except TypeError:
        spelled = [(type(label).__name__, repr(label)) for label in each]
        return np.array(sorted(positions, key=spelled.__getitem__), dtype=np.intp)


def chosen_by_label(chosen: BoolArray, labels: Sequence[Hashable]) -> IntArray:
    """Positions of the chosen of (N,), in the order of their labels."""
    order = by_label(labels)
    return order[chosen[order]]


def cells_by_label(cells: BoolArray, labels: Sequence[Hashable]) -> IntArray:
    """(n, 2) positions of the true cells of (N, T), by their unit's label, then in time."""
    order = by_label(labels)
    found = np.argwhere(cells[order])
    found[:, 0] = order[found[:, 0]]
    return found
