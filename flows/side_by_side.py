"""Tasks side by side on threads, without waiting for those that no longer matter."""

import os
from typing import Any

from prefect.task_runners import ThreadPoolTaskRunner

FEWEST, MOST = 2, 4  # more estimators at once only share the same cores and add memory


class SideBySide(ThreadPoolTaskRunner[Any]):
    """Threads suffice: the compiled solvers release the interpreter lock.

    Prefect's own runner waits for every running task when a flow ends. A compiled estimator cannot
    be stopped from outside, so Ctrl-C, or the defect of another estimator, would be answered only
    once it is done. Here the flow ends at once; a run that ended well has no task left to wait for.
    """

    def __init__(self, max_workers: int | None = None) -> None:
        super().__init__(max_workers=max_workers or _workers())

    def cancel_all(self) -> None:
        """Forget queued tasks, leave running ones behind, tell those that ask."""
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)
        super().cancel_all()


def _workers() -> int:
    return max(FEWEST, min(MOST, os.cpu_count() or FEWEST))
