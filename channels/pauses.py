"""When a delivery that failed is tried again: after pauses that grow, and not for ever.

    5 min, 30 min, 2 h, 5 h, 10 h, 24 h      seven attempts, two days

The growth is that of the Standard Webhooks specification; the flow that delivers runs every few
minutes, so the pauses of seconds that it begins with are left out. Others may be given, in
minutes with commas between: LIFTLEDGER_ALERTS_PAUSES.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.message import Misconfigured

VARIABLE = "LIFTLEDGER_ALERTS_PAUSES"
USUAL = "5,30,120,300,600,1440"


@dataclass(frozen=True)
class Pauses:
    """The pause after the first attempt, the second, ...; after the last pause, a last attempt."""

    after: tuple[timedelta, ...]

    def over(self, attempts: int, last: datetime, now: datetime) -> bool:
        """Whether it is time again after so many attempts, the last of which was at `last`."""
        return now >= last + self.after[min(attempts, len(self.after)) - 1]

    def none_after(self, attempt: int) -> bool:
        """Whether this attempt is the last."""
        return attempt > len(self.after)


def pauses(environment: Mapping[str, str] = os.environ) -> Pauses:
    """The usual pauses, or those that are configured. Raises Misconfigured."""
    try:
        minutes = [float(part) for part in (environment.get(VARIABLE) or USUAL).split(",")]
        if min(minutes) < 0:
            raise ValueError
        return Pauses(tuple(timedelta(minutes=one) for one in minutes))
    except (ValueError, OverflowError):
        raise Misconfigured(
            f"{VARIABLE} must hold minutes with commas between, as {USUAL}"
        ) from None
