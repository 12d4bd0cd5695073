"""What an answer waits for: the periods of its promotion, and those after it that it looks at.

A period is closed when its last day is over. The periods needed are those the promotion meets and
`after` more, also where the panel does not have them yet: the grid of its labels goes on. Days
are counted as whole days, so an hour that a clock gains or loses, in spring or by mistake, moves
nothing by more than itself; weeks are weeks, in years of 52 and of 53.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from studies.calendar import Grid, grid_of
from studies.errors import InvalidPeriods
from studies.period_labels import Label
from studies.promotion_plan import PromotionPlan
from studies.promotions import Promotion
from studies.spans import Span, spans


@dataclass(frozen=True)
class Needed:
    """What must be there before a promotion can be judged.

    periods: labels in time order, as the panel writes them
    closed: the first day on which all of them are over; None where no clock knows the periods
    """

    periods: tuple[Label, ...]
    closed: date | None

    def settled(self, days: int) -> date | None:
        """The first day after so many more, until late data are in."""
        return None if self.closed is None else self.closed + timedelta(days=days)


def needed(labels: Sequence[Label], promotion: Promotion, plan: PromotionPlan) -> Needed:
    """The periods an answer about this promotion needs.

    labels: of the panel's periods as they are now
    Raises InvalidPeriods where the panel's periods are no grid, or are not dated as the promotion.
    """
    whole = promotion.span
    covered = _until(labels, whole, plan)
    ordered = sorted(covered, key=lambda label: covered[label].first)
    if covered[ordered[0]].clock != whole.clock:
        raise InvalidPeriods(
            f"periods are {covered[ordered[0]].counts}, promotion {promotion.promotion} is dated "
            f"in {whole.counts} ({promotion.first}..{promotion.last}); date both alike"
        )
    first = next(i for i, one in enumerate(ordered) if covered[one].last >= whole.first)
    last = next(i for i, one in enumerate(ordered) if covered[one].last >= whole.last) + plan.after
    end = covered[ordered[last]].last + 1
    closed = None if whole.clock == "numbers" else date.fromordinal(end)
    return Needed(tuple(ordered[first : last + 1]), closed)


def _until(labels: Sequence[Label], whole: Span, plan: PromotionPlan) -> dict[Label, Span]:
    """What the panel's periods cover, and those that follow until `after` ones after the end."""
    grid = grid_of(labels)
    covered = spans(labels, plan.dates)
    more = 0
    while sum(span.last >= whole.last for span in covered.values()) <= plan.after:
        if next(iter(covered.values())).clock != whole.clock:
            break
        more = 2 * more + plan.after + 1
        covered = spans([*labels, *_following(grid, more)], plan.dates)
    return covered


def _following(grid: Grid, count: int) -> list[Label]:
    """So many labels after the last, written as the panel writes them."""
    last = max(grid.positions.values())
    spelled = [grid.spelled(last + step * grid.step) for step in range(1, count + 1)]
    numbers = all(isinstance(label, int) for label in grid.positions)
    return [int(label) for label in spelled] if numbers else list(spelled)
