"""Many independent computations, on the cores there are, in the order given.

Threads suffice because the compiled solvers release the interpreter lock. Each computation is
sequential inside, and results are collected by position: the number of threads changes no bit.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from estimators.core.threads import one_thread

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """[function(item) for item in items], side by side. The first error is raised."""
    waiting = list(items)
    if len(waiting) == 1:  # threads would cost more than they save
        with one_thread():
            return [function(waiting[0])]
    with one_thread(), ThreadPoolExecutor(max_workers=_cores()) as pool:
        return list(pool.map(function, waiting))


def _cores() -> int:
    """Cores this process may use, which a container or taskset can make fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
