"""Placebos of the parts of a treatment: promotion, after, net (core/estimands.py).

Each part has pools of its own, and so every kind of inference. All of them are placed alike and
each placement is fitted once: the parts read their effects off the same counterfactual. A kind that
has no place for outcomes hidden on purpose refuses a part that hides some.
"""

from collections.abc import Mapping

from estimators.core.estimands import within
from estimators.core.fit import Estimator, Fit
from estimators.core.panel import BoolArray
from estimators.core.parallel import anywhere
from estimators.core.placements import Pool
from estimators.variance.effects import PlaceboEffect, effects_of
from estimators.variance.placebos import Placebos, PoolName


class PartPlacebos(Placebos):
    """Pools of one part of a treatment.

    outside: treated cells of other parts, whose outcomes are hidden here
    """

    def __init__(self, whole: Placebos, name: str, cells: BoolArray, together: "Together") -> None:
        super().__init__(
            within(whole.panel, cells),
            whole.tuned,
            whole.asked,
            whole.seed,
            whole.time_placebos,
            whole.problems,
        )
        self.name, self.together = name, together
        self.outside = int((whole.panel.treatment & ~cells).sum())

    @property
    def fit(self) -> Fit:
        """That of the whole: what is hidden in one part was data in none."""
        return self.together.whole.fit

    @property
    def estimator(self) -> Estimator:
        """Prepared once for all parts."""
        return self.together.whole.estimator

    def found(self, name: PoolName) -> tuple[Pool, list[PlaceboEffect]]:
        """The placements of a pool, and the effect of this part at each."""
        return self.placed(name), self.together.effects(name, self.name)


class Together:
    """All parts of one treatment, with the net of them: each placement is fitted once."""

    def __init__(self, whole: Placebos, parts: Mapping[str, BoolArray]) -> None:
        self.whole = whole
        self.parts = {name: PartPlacebos(whole, name, cells, self) for name, cells in parts.items()}
        self._found: dict[PoolName, dict[str, list[PlaceboEffect]]] = {}

    def effects(self, pool: PoolName, part: str) -> list[PlaceboEffect]:
        """Of this part, at each placement of the pool."""
        if pool not in self._found:
            every = (self.whole, *self.parts.values())
            panels, estimator = [one.panel for one in every], self.whole.estimator
            places = zip(*(one.placed(pool).placements for one in every), strict=True)
            found = anywhere(lambda placed: effects_of(panels, estimator, placed), places)
            columns = list(zip(*found, strict=True))[1:]
            self._found[pool] = {
                name: list(column) for name, column in zip(self.parts, columns, strict=True)
            }
        return self._found[pool][part]
