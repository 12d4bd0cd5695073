"""What can be wrong with a plan, or with the periods it is about."""

from collections.abc import Sequence

NAMED = 5  # labels spelled out in a message


class InvalidPlan(Exception):
    """The study file cannot be understood; the message says in which line and what is allowed."""


class InvalidPromotion(Exception):
    """A promotion that cannot be analysed on a panel: cancelled, elsewhere, or at another time."""


class InvalidPeriods(Exception):
    """Labels that make no regular grid of periods.

    reason: what is wrong with them      labels: all offending ones, in the order they came
    """

    def __init__(self, reason: str, labels: Sequence[int | str] = ()) -> None:
        self.reason = reason
        self.labels = tuple(labels)
        named = ", ".join(str(label) for label in self.labels[:NAMED])
        more = f" and {len(self.labels) - NAMED} more" if len(self.labels) > NAMED else ""
        super().__init__(f"{named}{more}: {reason}" if named else reason)
