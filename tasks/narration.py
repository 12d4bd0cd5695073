"""What a run says while it works: one line per step, for the terminal and for Prefect's pages."""

import logging
import time
from dataclasses import dataclass, field

from prefect.exceptions import MissingContextError
from prefect.logging import get_run_logger

NARRATED = "narrated"  # attribute of the log records that are meant for the terminal


def narrate(who: str, what: str) -> None:
    """Say what one part of the run has just done, or is about to do.

    who: "panel", "checks", the key of an estimator, ...
    """
    _logger().info("%-8s %s", who, what, extra={NARRATED: True})


def _logger() -> logging.Logger | logging.LoggerAdapter[logging.Logger]:
    """Of the run Prefect is at; one of our own in a worker process."""
    try:
        return get_run_logger()
    except MissingContextError:
        return logging.getLogger("liftledger")


@dataclass
class Progress:
    """Says after each part of a long step how much is done and about how long is left."""

    who: str
    total: int
    what: str
    done: int = 0
    skipped: int = 0
    started: float = field(default_factory=time.perf_counter)

    def skip(self, count: int) -> None:
        """So many were done before: they say nothing about how long the others take."""
        if count:
            self.done, self.skipped = self.done + count, self.skipped + count
            narrate(self.who, f"{self.done:,} of {self.total:,} {self.what}, finished before")

    def add(self, count: int) -> None:
        """So many more are done."""
        self.done += count
        text = f"{self.done:,} of {self.total:,} {self.what}"
        here = self.done - self.skipped
        left = (time.perf_counter() - self.started) * (self.total - self.done) / here
        narrate(
            self.who, text if self.done >= self.total else f"{text}, about {_spoken(left)} left"
        )


def _spoken(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
