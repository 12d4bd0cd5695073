"""What a run says while it works: one line per step, for the terminal and for Prefect's pages."""

from prefect.logging import get_run_logger

NARRATED = "narrated"  # attribute of the log records that are meant for the terminal


def narrate(who: str, what: str) -> None:
    """Say what one part of the run has just done, or is about to do.

    who: "panel", "checks", the key of an estimator, ...
    """
    get_run_logger().info("%-8s %s", who, what, extra={NARRATED: True})
