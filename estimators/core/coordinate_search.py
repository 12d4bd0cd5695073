"""Coordinate-wise search over settings whose scores are estimates and whose evaluation may stop.

A candidate displaces the best so far only when it is better by 3 %: of several settings, chosen one
after the other on the same folds, each takes its share of luck. A walk along one coordinate ends
after two candidates in a row that are not (folds.PATIENCE). Scoring is told what
a candidate would have to reach, and may give up once that is out of reach: the score is then a
lower bound, which is all that a comparison needs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from estimators.core.folds import PATIENCE

Point = tuple[float, ...]
WORTH = 0.97  # a candidate must score below this share of the best to displace it
CYCLES = 10


@dataclass(frozen=True)
class Scored:
    """value: smaller is better; a lower bound unless complete      folds: how many were scored
    binds: whether what the candidate adds made any difference; else it is no failure in a walk
    """

    value: float
    folds: int
    complete: bool = True
    binds: bool = True


@dataclass(eq=False)
class CoordinateSearch:
    """score(point, needed) may stop as soon as the score cannot be below `needed`."""

    score: Callable[[Point, float], Scored]
    found: dict[Point, Scored] = field(default_factory=dict)

    def at(self, point: Point, needed: float = float("inf")) -> Scored:
        """Scored once, unless it was stopped at a bound that no longer decides."""
        known = self.found.get(point)
        if known is None or not (known.complete or known.value >= needed):
            known = self.found[point] = self.score(point, needed)
        return known

    def better(self, point: Point, than: Point, share: float = WORTH) -> bool:
        """Whether a point is worth leaving another for, which has been scored completely.

        share: of the other's score that it must be below
        """
        needed = share * self.at(than).value
        scored = self.at(point, needed)
        return scored.complete and scored.value < needed

    def walk(self, start: Point, coordinate: int, values: Sequence[float]) -> Point:
        """From start along one coordinate, until two values in a row are no improvement."""
        best, failures = start, 0
        for value in values:
            point = (*start[:coordinate], value, *start[coordinate + 1 :])
            if self.better(point, best):
                best, failures = point, 0
            elif self.at(point, 0.0).binds:
                failures += 1
            if failures == PATIENCE:
                break
        return best

    def overtake(
        self,
        rival: Point,
        start: Point,
        coordinate: int,
        values: Sequence[float],
        *,
        simpler: bool = False,
    ) -> Point:
        """The best of a walk from elsewhere, if that is worth leaving the rival for.

        What cannot beat the rival is given up early. Such values are no failures as long as each
        does better than the one before did on as many folds.

        simpler: the walk's points are simpler than the rival, which then has to be the better one
        """
        best, failures, last = rival, 0, None
        for value in values:
            point = (*start[:coordinate], value, *start[coordinate + 1 :])
            ahead = self.better(point, best, 1 / WORTH if simpler and best == rival else WORTH)
            best = point if ahead else best
            scored = self.at(point, 0.0)
            if last and scored.folds == last.folds:
                ahead = ahead or scored.value < WORTH * last.value
                failures = 0 if ahead else failures + scored.binds
            last = scored
            if failures == PATIENCE:
                break
        return best

    def cycle(self, start: Point, grids: Sequence[Sequence[float]]) -> Point:
        """Each coordinate in turn, towards the simple end of its grid, then towards the other,
        until nothing changes. Grids go from simple to complex and hold every value met."""
        best = start
        for _ in range(CYCLES):
            before = best
            for coordinate, grid in enumerate(grids):
                for ahead in (True, False):
                    place = grid.index(best[coordinate])
                    values = grid[:place][::-1] if ahead else grid[place + 1 :]
                    best = self.walk(best, coordinate, values)
            if best == before:
                break
        return best
