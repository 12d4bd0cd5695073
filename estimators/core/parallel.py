"""Many independent computations, on the cores there are, in the order given.

Threads suffice because the compiled solvers release the interpreter lock. Each computation is
sequential inside, and results are collected by position: the number of threads changes no bit.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from estimators.core.threads import one_thread

Item = TypeVar("Item")
Result = TypeVar("Result")
_here = threading.local()


def in_order(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """[function(item) for item in items], side by side. The first error is raised."""
    waiting = list(items)
    if len(waiting) == 1 or getattr(_here, "alone", False):
        with one_thread():  # threads would cost more than they save
            return [function(item) for item in waiting]
    with one_thread(), ThreadPoolExecutor(max_workers=cores()) as pool:
        return list(pool.map(function, waiting))


@contextmanager
def one_after_the_other() -> Iterator[None]:
    """Let `in_order` use this thread alone while the block is open: for work that is itself one of
    many side by side, or whose processor time is read off its thread."""
    before = getattr(_here, "alone", False)
    _here.alone = True
    try:
        yield
    finally:
        _here.alone = before


def cores() -> int:
    """Cores this process may use, which a container or taskset can make fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
