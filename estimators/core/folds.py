"""Folds that imitate the treatment, and searches over settings scored on them.

Interpolating one cell from its neighbours rewards settings that are useless for predicting a
block: what is left out has to look like what was treated (Clarke and Waddy's documentation of
their Stata package shows a 15 × 18 block where leave-one-cell-out goes wrong by far).

    single runs   the treatment's own pattern on never-treated units, half of them in the real
                  periods and half earlier; score: mean of (placebo ATT)²
    on/off        scattered cells; score: mean of squared errors by cell

Folds of independent random cells are here for comparison with the original package of matrix
completion, which uses them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from estimators.core.designs import identified, pattern
from estimators.core.draws import cells_by_label
from estimators.core.effect import cell_effects
from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Fit
from estimators.core.panel import FloatArray, IntArray, Panel
from estimators.core.placements import Placement, across_both, across_units

PATIENCE = 2  # candidates in a row that may fail to improve before a path ends
WORTH = 0.99  # a later candidate must score below this share of the best to displace it


class Panels(Protocol):
    """Panels one by one: a tuple, or something that makes each when it is asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, k: int, /) -> Panel: ...

    def __iter__(self) -> Iterator[Panel]: ...


@dataclass(frozen=True, eq=False)
class Folds:
    """Panels with a pretended treatment whose true outcomes are known.

    panels: made anew whenever one is asked for, so that folds hold no copies of a large panel
    by_cell: score squared errors of cells, instead of squared placebo ATTs
    """

    panels: Panels
    rule: str
    by_cell: bool

    @property
    def measure(self) -> str:
        """What a score is."""
        return "mean squared error by cell" if self.by_cell else "mean squared placebo ATT"

    def score(self, fits: Sequence[Fit]) -> float:
        """Smaller is better; fits in the order of panels."""
        pairs = zip(self.panels, fits, strict=True)
        return self.loss([cell_effects(panel, fit) for panel, fit in pairs])

    def loss(self, errors: Sequence[FloatArray]) -> float:
        """The same, from the errors Y − Ŷ of each fold's scored cells."""
        if self.by_cell:
            return float(np.mean(np.concatenate(errors) ** 2))
        return float(np.mean([error.mean() ** 2 for error in errors]))


def imitating_folds(
    panel: Panel, count: int, seed: int, cells_per_fold: int = 1, scattered: int | None = None
) -> Folds:
    """Folds for this panel's treatment pattern, at most `count` of them.

    cells_per_fold, scattered: size and number of groups, where folds are scattered cells
    """
    groups = count if scattered is None else scattered
    if pattern(panel) == "on_off":
        return scattered_folds(panel, groups, seed, cells_per_fold)
    try:
        units = across_units(panel, count, seed).placements
    except UnsupportedDesign:
        return scattered_folds(panel, groups, seed, cells_per_fold)
    try:
        both = across_both(panel, count // 2, seed).placements
    except UnsupportedDesign:
        both = ()
    if len(units) > count - len(both):
        chosen = np.random.default_rng([seed, 1]).permutation(len(units))[: count - len(both)]
        units = tuple(units[i] for i in np.sort(chosen))
    rule = (
        f"the treatment's pattern on never-treated units: {len(units)} in the same periods, "
        f"{len(both)} earlier"
    )
    # Settings may not depend on which treated outcomes are known: folds score the whole pattern.
    placed = tuple(replace(one, unseen=None) for one in (*units, *both))
    return Folds(_Placed(panel, placed), rule, by_cell=False)


def scattered_folds(panel: Panel, count: int, seed: int, cells_per_fold: int) -> Folds:
    """Groups of usable cells, left out together; truly treated cells stay hidden."""
    cells = cells_by_label(panel.usable, panel.units)
    order = np.random.default_rng([seed, 2]).permutation(len(cells))
    groups: list[IntArray] = []
    for first in range(0, len(order) - cells_per_fold + 1, cells_per_fold):
        if len(groups) == count:
            break
        group = cells[order[first : first + cells_per_fold]]
        fold = _without(panel, group)
        if identified(fold)[fold.treatment].all():
            groups.append(group)
    if not groups:
        raise nothing_to_score(panel)
    each = "one untreated cell" if cells_per_fold == 1 else f"{cells_per_fold} untreated cells"
    rule = f"{each} left out at a time, {len(groups)} times"
    return Folds(_LeftOut(panel, tuple(groups)), rule, by_cell=True)


def independent_folds(panel: Panel, count: int, share: float, seed: int) -> Folds:
    """Subsets of usable cells, each drawn anew: every cell is kept with probability `share`."""
    usable = cells_by_label(panel.usable, panel.units)
    rng = np.random.default_rng([seed, 5])
    groups = tuple(usable[rng.random(len(usable)) >= share] for _ in range(count))
    if not all(len(group) for group in groups):
        raise UnsupportedDesign(
            f"{len(usable)} untreated cells, first {panel.cell(*usable[0])}, are too few to keep "
            f"{share:.0%} of them at random; use cross_validation: imitating, or give the penalty"
        )
    rule = f"{count} independent random subsets of untreated cells, {share:.0%} kept in each"
    return Folds(_LeftOut(panel, groups), rule, by_cell=True)


def nothing_to_score(panel: Panel) -> UnsupportedDesign:
    """What to raise when no cell is left that cross-validation could predict."""
    usable = np.argwhere(panel.usable)
    return UnsupportedDesign(
        f"cross-validation needs untreated cells that the others still predict when they are left "
        f"out; of {len(usable)}, first {panel.cell(*usable[0])}, none is; add untreated units or "
        f"periods, or give the settings that would be tuned"
    )


@dataclass(frozen=True, eq=False)
class _Placed:
    """Placements as panels."""

    panel: Panel
    placements: tuple[Placement, ...]

    def __len__(self) -> int:
        return len(self.placements)

    def __getitem__(self, k: int, /) -> Panel:
        return self.placements[k].panel(self.panel)

    def __iter__(self) -> Iterator[Panel]:
        return (self[k] for k in range(len(self)))


@dataclass(frozen=True, eq=False)
class _LeftOut:
    """The panel without groups of usable cells, (cells, 2) each."""

    panel: Panel
    groups: tuple[IntArray, ...]

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, k: int, /) -> Panel:
        return _without(self.panel, self.groups[k])

    def __iter__(self) -> Iterator[Panel]:
        return (self[k] for k in range(len(self)))


def _without(panel: Panel, cells: IntArray) -> Panel:
    left_out = np.zeros_like(panel.treatment)
    left_out[tuple(cells.T)] = True
    outcome = np.where(panel.treatment, np.nan, panel.outcome)
    return replace(panel, outcome=outcome, treatment=left_out)


def path_search(
    path: Sequence[float], score: Callable[[float], float]
) -> tuple[float, list[tuple[float, float]]]:
    """The best value on a path from simple to complex, ended early by PATIENCE failures in a row.

    Scores are estimates: a value must be better by 1 % to displace a simpler one. Returns the
    value chosen and everything tried with its score.
    """
    tried: list[tuple[float, float]] = []
    best, lowest, failures = path[0], np.inf, 0
    for value in path:
        tried.append((value, score(value)))
        if tried[-1][1] < WORTH * lowest:
            best, lowest, failures = value, tried[-1][1], 0
        elif tried[-1][1] != tried[-2][1]:  # penalties too large to bind all score the same
            failures += 1
        if failures == PATIENCE:
            break
    return best, tried
