"""How a panel is taken apart into what its simulated likes are drawn from.

Treated and missing cells are filled with what the systematic part, fitted to the others, has there
(completed.py): treated outcomes are never data, and no error is taken from cells that are filled. Y
is then in standard deviations of its cells.

published   the engine of the papers on SDID and TROP (published.py)
matched     as much as this panel has of everything (matched.py)

Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), section 3; Athey, Imbens, Qu and
Viviano (2025), section 3.1. Filling what is treated is ours: their panels have no treatment.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from estimators.core.designs import identified
from estimators.core.draws import by_label
from estimators.core.errors import InvalidPanel, UnsupportedDesign
from estimators.core.panel import BoolArray, FloatArray, Panel
from estimators.race import matched, published
from estimators.race.completed import completed
from estimators.race.parts import Parts
from estimators.race.simulation import Simulation

SCORES = 4  # singular vectors that an assignment may depend on
FEWEST = 8  # units, and periods: with fewer, factors and noise cannot be told apart
LEAST_USABLE = 0.3  # of the cells: with fewer, what is simulated would be what was filled in


def simulation_of(panel: Panel, recipe: str = "matched") -> Simulation:
    """From the untreated cells of a study's panel; its units in the order of their labels.

    recipe: a key of RECIPES
    Raises InvalidPanel for no such recipe; UnsupportedDesign for a panel too small to simulate, or
    with cells that no untreated one leads to.
    """
    _require_enough(panel.usable)
    _require_joined(panel)
    ordered = panel.select(by_label(panel.units), np.arange(len(panel.periods)))
    found = _taken_apart(
        ordered.outcome,
        ordered.usable,
        recipe,
        ordered.treatment,
        ordered.treated_units,
        ordered.units,
        ordered.periods,
    )
    missing = ~ordered.observed & ~ordered.treatment
    return found.with_panel(missing, ordered.covariates, ordered.covariate_names)


def simulation_from(
    outcome: FloatArray,
    policy: BoolArray,
    units: Sequence[Hashable],
    periods: Sequence[Hashable],
    recipe: str = "matched",
) -> Simulation:
    """From a panel in which nothing was done; its own treatment is empty.

    outcome: (N, T) complete      policy: (N,) who is like those that are treated, for `logistic`
    Raises as simulation_of.
    """
    usable = np.isfinite(outcome)
    _require_enough(usable)
    if not usable.all():
        raise UnsupportedDesign(
            f"{int((~usable).sum())} of {usable.size} outcomes are not observed; a panel without "
            f"treatment is simulated from all its cells: fill or leave out what is missing"
        )
    nothing = np.zeros(outcome.shape, dtype=np.bool_)
    return _taken_apart(outcome, usable, recipe, nothing, policy, tuple(units), tuple(periods))


def _taken_apart(
    outcome: FloatArray,
    usable: BoolArray,
    recipe: str,
    treatment: BoolArray,
    policy: BoolArray,
    units: tuple[Hashable, ...],
    periods: tuple[Hashable, ...],
) -> Simulation:
    if recipe not in RECIPES:
        raise InvalidPanel(f"no recipe {recipe!r}; choose from {', '.join(RECIPES)}")
    if not outcome[usable].std() > 0:
        raise UnsupportedDesign(
            f"all {int(usable.sum())} untreated outcomes are equal: there is nothing to simulate"
        )
    fitted = RECIPES[recipe]
    filled, rank = completed(outcome, usable, fitted.filling, fitted.enough)
    centre, scale = float(filled.mean()), float(filled.std())
    standard = (filled - centre) / scale
    parts = fitted.parts(standard, usable, rank)
    left = np.linalg.svd(standard, full_matrices=False)[0]
    return Simulation(
        parts.systematic.two_way,
        parts.systematic.interactive,
        parts.covariance,
        parts.unit_scale,
        parts.period_scale,
        tuple(map(float, parts.persistence)),
        rank,
        left[:, :SCORES] * np.sqrt(len(left)),
        treatment,
        policy,
        np.zeros(outcome.shape, dtype=np.bool_),
        centre,
        scale,
        recipe,
        units,
        periods,
    )


@dataclass(frozen=True)
class Recipe:
    """filling: what is put where nothing usable is, given the rank
    enough: whether a panel, its usable cells given, calls for no more than this many factors
    parts: everything, of a standardised panel, its usable cells and the rank"""

    filling: Callable[[FloatArray, BoolArray, int], FloatArray]
    enough: Callable[[FloatArray, BoolArray, int], bool]
    parts: Callable[[FloatArray, BoolArray, int], Parts]


RECIPES: Mapping[str, Recipe] = {
    "matched": Recipe(matched.filling, matched.enough, matched.parts),
    "published": Recipe(published.filling, published.enough, published.parts),
}


def _require_enough(usable: BoolArray) -> None:
    units, periods = usable.shape
    share = float(usable.mean())
    if min(units, periods) < FEWEST or share < LEAST_USABLE:
        raise UnsupportedDesign(
            f"a simulation needs {FEWEST} units, {FEWEST} periods and {LEAST_USABLE:.0%} of the "
            f"cells untreated and observed; there are {units}, {periods} and {share:.0%}; use a "
            f"fixed estimator, or add units or periods"
        )


def _require_joined(panel: Panel) -> None:
    lost = np.argwhere(~identified(panel))
    if len(lost):
        raise UnsupportedDesign(
            f"{len(lost)} cells cannot be filled from untreated ones, first "
            f"{panel.cell(*lost[0])}; leave out their units or periods (incomparable: drop)"
        )
