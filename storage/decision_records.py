"""Decisions as values: what was decided, who signed it off, what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SignOff:
    """A second person's name under a decision."""

    by: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class DecisionOutcome:
    """What came of a decision: right, wrong or unclear.

    evidence: study@version of the later result that shows it; None: something else
    """

    outcome: str
    evidence: str | None
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Decision:
    """What a person decided about study@version.

    decision: repeat, change, stop or inconclusive
    recommendation: what the plan's rule recommended; None: nothing
    stands: whether it counts: it follows the recommendation, or a second person signed it off
    superseded: whether a later decision about the same result that stands took its place
    outcomes: in the order they were judged; the last is the one
    """

    study: str
    version: int
    decision: str
    recommendation: str | None
    reason: str
    by: str
    at: datetime
    content_hash: str
    stands: bool
    superseded: bool
    sign_offs: tuple[SignOff, ...] = ()
    outcomes: tuple[DecisionOutcome, ...] = ()

    @property
    def against(self) -> bool:
        """Whether it is another than the one recommended."""
        return self.recommendation is not None and self.decision != self.recommendation

    @property
    def outcome(self) -> DecisionOutcome | None:
        """What came of it, as far as it is known."""
        return self.outcomes[-1] if self.outcomes else None


def in_force(decided: Sequence[Decision]) -> Decision | None:
    """Of the decisions about one result, the last that stands."""
    return next((one for one in reversed(decided) if one.stands), None)


@dataclass(frozen=True)
class Undecided:
    """The newest result of a study, about which no decision stands yet.

    waiting: a decision was made against the recommendation, and nobody has signed it off
    """

    study: str
    version: int
    saved_at: datetime
    requested_by: str
    recommendation: str | None
    waiting: bool
