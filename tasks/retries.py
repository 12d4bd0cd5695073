"""Steps that talk to the database are tried again when it went away; nothing else ever is.

The same panel fails the same way twice, so neither the checks nor an estimator is repeated. A step
is safe to repeat because it is one transaction: it happened or it did not, and what is stored
twice under the same content is one row.
"""

from typing import Any

from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from storage.errors import DatabaseUnavailable
from tasks.narration import narrate

DELAYS = [1.0, 3.0, 10.0]  # seconds before the second, third and last attempt


def database_went_away(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """Whether a failed step is worth another attempt."""
    error = state.result(raise_on_failure=False)
    worth_it = isinstance(error, DatabaseUnavailable)
    if worth_it and run.run_count <= len(DELAYS):
        pause = DELAYS[run.run_count - 1]
        narrate("database", f"lost while trying to {task.name}; again in {pause:.0f} s")
    return worth_it


# settings of every task that reads or writes the ledger; arrays travel, so nothing is cached
ON_THE_LEDGER: dict[str, Any] = {
    "retries": len(DELAYS),
    "retry_delay_seconds": DELAYS,
    "retry_condition_fn": database_went_away,
    "cache_policy": NO_CACHE,
}
