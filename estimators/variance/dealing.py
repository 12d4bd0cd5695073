"""On/off patterns: their rows dealt to other units, the pattern rotated in time, or both.

Truly treated cells stay masked; scored are the pretended cells that were truly untreated and can
be imputed. These placements interpolate: earlier and later cells are data, as they are for the
estimate itself. Where both move, deals and rotations are crossed: every deal in every rotation.

This is this project's construction.
"""

from collections.abc import Iterable

import numpy as np

from estimators.core.draws import by_label
from estimators.core.panel import IntArray, Panel
from estimators.core.placements import Placement, Pool
from estimators.variance.windows import crossing, evenly


def dealt(panel: Panel, count: int, seed: int) -> Pool:
    """Rows of the pattern dealt to other units, same periods."""
    ordered = by_label(panel.units)
    deals = _deals(ordered, count, np.random.default_rng([seed, 1, 0]))
    placed = _placed(panel, ordered, ((deal, 0) for deal in deals))
    text = f"{count} draws: rows of the pattern dealt to other units, same periods"
    return Pool(placed, np.arange(count), np.zeros(count, dtype=np.intp), text)


def rotated(panel: Panel, count: int) -> Pool:
    """The pattern rotated in time, same units."""
    ordered, shifts = by_label(panel.units), _shifts(panel, count)
    placed = _placed(panel, ordered, ((ordered, int(shift)) for shift in shifts))
    all_of_them = "all " if len(shifts) == len(panel.periods) - 1 else ""
    text = f"{all_of_them}{len(shifts)} draws: the pattern rotated in time, same units"
    return Pool(placed, np.zeros(len(shifts), dtype=np.intp), shifts, text)


def dealt_and_rotated(panel: Panel, count: int, seed: int) -> Pool:
    """Deals of the rows, each in several rotations."""
    shifts = _shifts(panel, count)
    many, chosen = crossing(count, len(shifts), count)
    ordered = by_label(panel.units)
    deals = _deals(ordered, many, np.random.default_rng([seed, 1, 1]))
    placed = _placed(
        panel, ordered, ((deal, int(shift)) for deal in deals for shift in shifts[chosen])
    )
    labels = np.indices((many, len(chosen))).reshape(2, -1)
    text = (
        f"{len(placed)} draws: the pattern dealt to other units in {many} ways, each rotated in "
        f"time by {len(chosen)} shifts"
    )
    return Pool(placed, labels[0], shifts[chosen[labels[1]]], text)


def _shifts(panel: Panel, count: int) -> IntArray:
    return 1 + evenly(len(panel.periods) - 1, count)


def _deals(ordered: IntArray, count: int, rng: np.random.Generator) -> list[IntArray]:
    """Units in the order in which they take the rows; lots are drawn over labels."""
    return [ordered[np.argsort(rng.permutation(len(ordered)))] for _ in range(count)]


def _placed(
    panel: Panel, ordered: IntArray, where: Iterable[tuple[IntArray, int]]
) -> tuple[Placement, ...]:
    """The pattern's rows, by label, on the units given and rotated by as many periods."""
    everyone, always = np.arange(len(panel.units)), np.arange(len(panel.periods))
    rows = panel.treatment[ordered]
    unseen = rows & ~panel.observed[ordered]
    missing = unseen if unseen.any() else None
    return tuple(
        Placement(everyone, always, places, rows, shift, missing) for places, shift in where
    )
