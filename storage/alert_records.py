"""An alert as it is read back, with what was done about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ACKNOWLEDGED, SILENCED, RESOLVED = "acknowledged", "silenced", "resolved"


@dataclass(frozen=True)
class Action:
    """What somebody did about an alert. until: end of a silence"""

    action: str
    reason: str
    by: str
    at: datetime
    until: datetime | None


@dataclass(frozen=True)
class Alert:
    """An alert with what was done about it, oldest first; silences of its kind included."""

    id: int
    kind: str
    key: str
    occasion: int
    subject: str
    details: Mapping[str, Any]
    by: str
    at: datetime
    actions: tuple[Action, ...]

    @property
    def message(self) -> str:
        """The sentence people read; the facts where whoever raised it gave none."""
        told = self.details.get("message")
        return str(told) if told else ", ".join(f"{k}: {v}" for k, v in self.details.items())

    @property
    def open(self) -> bool:
        """Whether nobody found that it is over."""
        return self.resolved is None

    @property
    def acknowledged(self) -> Action | None:
        """Who took it on, the last time."""
        return self._last(ACKNOWLEDGED)

    @property
    def resolved(self) -> Action | None:
        """Who found that it is over."""
        return self._last(RESOLVED)

    def silenced(self, now: datetime) -> Action | None:
        """The silence that holds at this moment."""
        last = self._last(SILENCED)
        return last if last and last.until and last.until > now else None

    def _last(self, action: str) -> Action | None:
        return next((one for one in reversed(self.actions) if one.action == action), None)
