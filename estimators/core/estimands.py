"""Estimands: of which treated cells the mean effect is asked for, where a treatment has parts.

    promotion   the cells under promotion             the headline: the first that is named
    after       cells in which demand may have been pulled forward
    net         all of them: what is left of the gain when the weeks after are counted too

Treated outcomes are never data, so an outcome that is hidden in the cells outside a part changes no
counterfactual: the same fit answers for each part, and placebos wear the same pattern. The net has
no arithmetic of its own. It is the whole pattern, in whose placebos both parts stand side by side,
so that whatever correlation over time the noise has is in its variance:

    n_net τ_net = n_promotion τ_promotion + n_after τ_after        over observed cells
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from estimators.core.errors import InvalidPanel
from estimators.core.panel import BoolArray, Panel

NET = "net"


def within(panel: Panel, cells: BoolArray) -> Panel:
    """The panel in which treated outcomes outside these cells are not observed."""
    outside = panel.treatment & ~np.asarray(cells, dtype=np.bool_)
    return replace(panel, outcome=np.where(outside, np.nan, panel.outcome))


def parts_of(panel: Panel, parts: Mapping[str, BoolArray]) -> dict[str, BoolArray]:
    """The parts that hold a cell, and the net of all of them, last; empty where only one does.

    parts: (N, T) by name, the headline first
    Raises InvalidPanel when they overlap, or are not the treated cells together.
    """
    worn = np.zeros(panel.treatment.shape, dtype=np.intp)
    for name, cells in parts.items():
        if cells.shape != worn.shape:
            raise InvalidPanel(
                f"part {name!r} of the treatment has shape {cells.shape}, the panel {worn.shape}"
            )
        worn += cells
    wrong = np.argwhere(worn != panel.treatment)
    if len(wrong):
        raise InvalidPanel(
            f"parts of a treatment hold each treated cell once and no other; {len(wrong)} cells "
            f"are in none or in several, first {panel.cell(*wrong[0])}"
        )
    held = {name: cells for name, cells in parts.items() if cells.any()}
    return {**held, NET: panel.treatment} if len(held) > 1 else {}
