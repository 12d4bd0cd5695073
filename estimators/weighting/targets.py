"""Targets: treated cells that share one set of weights, and what they are compared with."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from estimators.core.errors import UnsupportedDesign
from estimators.core.panel import BoolArray, IntArray, Panel, listed
from estimators.weighting.options import Options


@dataclass(frozen=True, eq=False)
class Target:
    """Treated cells with one set of weights. All arrays hold positions in the panel, in its order.

    label: which cells, for people
    units: (n,) whose average path is matched
    start: period in which their treatment begins
    donors: (D,) untreated and observed in every period of before and scored
    before: (B,) periods matched, in which the units are untreated and observed
    scored: (S,) periods whose untreated outcome is asked for
    shown: periods of the units' counterfactual that this target fills, scored among them
    span: targets of the same span have the same shrinkage: 0, 1, … in the order of targets
    """

    label: str
    units: IntArray
    start: int
    donors: IntArray
    before: IntArray
    scored: IntArray
    shown: IntArray
    span: int


@dataclass(frozen=True, eq=False)
class Targets:
    """All targets of a panel, and what became of the treated cells that none of them has.

    each: in the order of cohorts, or of cells
    one_by_one: every treated cell is its own target
    left_out: (N, T) treated cells without a target; None when there are none
    notes: one sentence for each kind of thing left out
    """

    each: tuple[Target, ...]
    one_by_one: bool
    left_out: BoolArray | None
    notes: tuple[str, ...]

    @property
    def spans(self) -> int:
        """How many shrinkages they need."""
        return 1 + max(target.span for target in self.each)


def gathered(
    panel: Panel,
    method: str,
    found: Iterable[Target],
    without: BoolArray,
    why: str,
    *,
    notes: Iterable[str] = (),
    one_by_one: bool = False,
) -> Targets:
    """Targets, with a note on the observed treated cells that are without one, and why.

    without: (N, T) treated cells that have no target
    Raises UnsupportedDesign when no cell has one.
    """
    each = tuple(found)
    said = list(notes)
    if each and not without.any():
        return Targets(each, one_by_one, None, tuple(said))
    lost = np.argwhere(without & panel.observed)
    of = int((panel.treatment & panel.observed).sum())
    if not each:
        first = panel.cell(*np.argwhere(panel.treatment)[0])
        raise UnsupportedDesign(
            f"{method} can compare none of {of} treated cells, first {first}: {why}; use did, mc "
            f"or dwcp"
        )
    if len(lost):
        cells = listed([panel.cell(*cell) for cell in lost])
        said.append(f"left out: {len(lost)} of {of} treated cells ({cells}): {why}")
    return Targets(each, one_by_one, without, tuple(said))


def programs(panel: Panel, options: Options) -> int:
    """Sets of weights one fit takes, 1 or more, without looking for who is compared with whom."""
    if options.on_off == "per_cell":
        return max(1, int((panel.treatment & panel.observed).sum()))
    if options.weights == "per_unit":
        return int(panel.treated_units.sum())
    return 1
