"""What is left behind by a flow that ended without an answer."""

from collections.abc import Mapping

from checks.errors import ChecksFailed
from storage.errors import StorageError
from tasks.auditing import record_failure
from tasks.narration import narrate


def leave_trace(url: str, flow: str, subject: str, by: str, error: BaseException) -> None:
    """Record in the audit log how it ended, where that is still possible.

    flow: "run" or "calibration"; what is recorded is flow_interrupted or flow_failed
    """
    if isinstance(error, ChecksFailed):
        return  # the validation is stored, and recorded as what stopped it
    what = f"{flow}_interrupted" if _was_interrupted(error) else f"{flow}_failed"
    details: Mapping[str, str] = {"error": type(error).__name__, "message": str(error)}
    try:
        record_failure(url, what, subject, details, by)
    except StorageError as away:
        narrate("audit", f"the failure itself could not be recorded: {away}")


def _was_interrupted(error: BaseException | None) -> bool:
    """Whether the run was ended from outside; Prefect may add an error of its own to that."""
    while error is not None:
        if not isinstance(error, Exception):
            return True
        error = error.__context__
    return False
