"""Placebo effects of a tuned estimator, pool by pool, each computed once and shared.

A pool answers one question about the ATT's squared error, from effects found where nothing was
done (see core/placements.py, windows.py and dealing.py for where that is):

    same_period   other units, the treatment's own periods          U = mean e²
    elsewhere     other units, other times                          M = mean e²
    same_unit     the treated units at other times                  P = mean e²
    controls_past other units at the times of same_unit             M′ = mean e²

Where the times of same_unit hold a pattern like the treatment's, elsewhere is controls_past.
Squares are not taken around the mean: a placebo bias is an error like any other. On/off they are
put on the scale of the estimate (effects.py).
"""

from functools import cached_property
from typing import Literal

import numpy as np

from estimators.core.designs import pattern
from estimators.core.errors import NotConverged, UnsupportedDesign
from estimators.core.fit import Estimator, Fit
from estimators.core.panel import FloatArray, IntArray, Panel
from estimators.core.parallel import anywhere
from estimators.core.placements import Pool, across_both, across_units
from estimators.variance.dealing import dealt, dealt_and_rotated, rotated
from estimators.variance.effects import Effects, PlaceboEffect, effect_of, noise_share
from estimators.variance.independence import (
    alike_rotations,
    alike_windows,
    shared_by_deals,
    shared_by_groups,
)
from estimators.variance.windows import (
    TimePlacebos,
    Windows,
    control_windows,
    own_windows,
    style_for,
    training_length,
    windows,
)

PoolName = Literal["same_period", "elsewhere", "same_unit", "controls_past"]

PROBLEMS = 5_000  # optimisations spent on one pool of an estimator that needs many per fit
FEWEST = 20  # draws that an expensive estimator is given all the same
CROSSED = 5  # times as many draws where groups and times are crossed, to tell them apart,
CELLS = 2_000_000  # as long as all their panels together have no more cells
LEAST_SHARE = 0.02  # of the pattern's cells that on/off placements must be able to score


class Placebos:
    """All pools of one estimator on one panel. Pools are computed when first asked for.

    draws: at most per pool; up to five times as many, as the panel's size allows, where every
        group is placed at every time
    time_placebos: how other times are predicted; auto takes what matches the design
    problems: optimisations one fit takes; None for what the estimator says

    Raises UnsupportedDesign, from each pool, when there are too few placements.
    """

    outside = 0  # treated cells whose outcomes are hidden on purpose: see variance/parts.py

    def __init__(
        self,
        panel: Panel,
        estimator: Estimator,
        draws: int = 200,
        seed: int = 0,
        time_placebos: TimePlacebos = "auto",
        problems: int | None = None,
    ) -> None:
        self.panel = panel
        self.tuned = estimator
        self.seed = seed
        self.time_placebos: TimePlacebos = time_placebos
        self.switching = pattern(panel) == "on_off"
        self.asked = draws
        self.problems = problems or estimator.problems(panel)
        affordable = PROBLEMS // self.problems
        self.draws = min(draws, max(FEWEST, affordable))
        many = max(draws, min(CROSSED * draws, CELLS // panel.outcome.size))
        self.crossed = min(many, max(FEWEST, affordable))

    @cached_property
    def fit(self) -> Fit:
        """The fit behind the estimate itself."""
        return self.tuned.fit(self.panel)

    @cached_property
    def estimator(self) -> Estimator:
        """As placebos refit it; prepared when the first pool is asked for."""
        return self.tuned.for_placebos(self.panel)

    @cached_property
    def windows(self) -> Windows:
        """Windows in the treated units' past, of single runs."""
        return windows(self.panel, self.time_placebos)

    @property
    def carried(self) -> bool:
        """Whether windows are not like the treatment, so that only their ratio is used."""
        return not self.switching and not self.windows.carries

    @cached_property
    def same_period(self) -> Effects:
        """U: other units, same periods."""
        return self._effects("same_period")

    @cached_property
    def elsewhere(self) -> Effects:
        """M: other units, other times."""
        return self.controls_past if self._like_the_treatment() else self._effects("elsewhere")

    @cached_property
    def same_unit(self) -> Effects:
        """P: the treated units at other times."""
        return self._effects("same_unit")

    @cached_property
    def controls_past(self) -> Effects:
        """M′: other units at the times of same_unit."""
        return self._effects("controls_past")

    def placed(self, name: PoolName) -> Pool:
        """Where the placebos of a pool are placed."""
        panel, seed = self.panel, self.seed
        if name == "same_period":
            place = dealt if self.switching else across_units
            return place(panel, self.draws, seed)
        if name == "elsewhere":
            return across_both(panel, self.draws, seed, training_length(panel))
        if self.switching:
            style_for(panel, self.time_placebos)
            if name == "same_unit":
                return rotated(panel, self.draws)
            return dealt_and_rotated(panel, self.crossed, seed)
        if name == "same_unit":
            return own_windows(panel, self.windows, self.draws)
        return control_windows(panel, self.windows, self.crossed, seed)

    def found(self, name: PoolName) -> tuple[Pool, list[PlaceboEffect]]:
        """The placements of a pool, and the effect at each."""
        pool, estimator = self.placed(name), self.estimator
        return pool, anywhere(lambda one: effect_of(self.panel, estimator, one), pool.placements)

    def _like_the_treatment(self) -> bool:
        """Whether controls_past holds the treatment's own pattern; not where it is refused."""
        if self.switching:
            return True
        try:
            return self.windows.carries
        except UnsupportedDesign:
            return False

    def _effects(self, name: PoolName) -> Effects:
        pool, found = self.found(name)
        scored = np.array([one.scored for one in found])
        answered = scored.any(axis=1)
        if answered.sum() < 2:
            why = next((f"; the first: {one.reason}" for one in found if one.reason), "")
            raise UnsupportedDesign(
                f"{answered.sum()} of {len(found)} placebo placements can be imputed "
                f"({pool.construction}); at least 2 are needed{why}"
            )
        construction = pool.construction
        if self.switching:
            construction += self._coverage(scored[answered].sum(axis=1))
        if not answered.all():
            construction += f", {answered.sum()} of which can be imputed"
        share, alike = self._alike(pool)
        chosen = [found[d] for d in np.flatnonzero(answered)]
        scale = np.ones(len(chosen))
        if self.switching:
            scale = np.sqrt(noise_share(self.panel) / np.array([one.noise for one in chosen]))
        return Effects(
            scale * np.array([one.overall for one in chosen]),
            scale[:, None] * np.array([one.path for one in chosen]),
            scored[answered],
            pool.groups[answered],
            pool.times[answered],
            share,
            alike,
            construction,
        )

    def _alike(self, pool: Pool) -> tuple[float, FloatArray]:
        """Squared correlations of groups, and of times by their label."""
        groups, first_groups = np.unique(pool.groups, return_index=True)
        times, first_times = np.unique(pool.times, return_index=True)
        if self.switching:
            share = shared_by_deals(self.panel.treatment) if len(groups) > 1 else 0.0
            return share, alike_rotations(self.panel.treatment)
        placed = pool.placements
        share = shared_by_groups([placed[d].group for d in first_groups], placed[0].units)
        alike = np.zeros((times[-1] + 1, times[-1] + 1))
        alike[np.ix_(times, times)] = alike_windows(
            [placed[d] for d in first_times], len(self.panel.periods)
        )
        return share, alike

    def _coverage(self, cells: IntArray) -> str:
        share = float(np.mean(cells)) / int(self.panel.treatment.sum())
        if share < LEAST_SHARE:
            raise UnsupportedDesign(
                f"placed patterns can score {share:.1%} of the pattern's cells, at least "
                f"{LEAST_SHARE:.0%} are needed: too few cells are untreated"
            )
        return f", scoring {share:.0%} of the pattern's cells on average"


def available(pools: Placebos | None, name: str) -> Effects | None:
    """A pool by name, None when it refuses: why is then said among the inferences."""
    if pools is None:
        return None
    try:
        effects: Effects = getattr(pools, name)
    except (UnsupportedDesign, NotConverged):
        return None
    return effects
