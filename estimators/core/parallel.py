"""Many independent computations, on the cores there are or on many machines, in the order given.

Threads suffice because the compiled solvers release the interpreter lock. Each computation is
sequential inside, and results are collected by position: the number of threads changes no bit.

Where whoever calls an estimator has an engine that computes elsewhere (`computed_by`), `anywhere`
hands it over. What begins at the last solution, as tuning does, stays with `in_order`.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from estimators.core.threads import one_thread

Item = TypeVar("Item")
Result = TypeVar("Result")
Engine = Callable[[Callable[[Any], Any], list[Any]], list[Any]]  # `in_order` on other machines
_here = threading.local()
_engine: ContextVar[Engine | None] = ContextVar("engine", default=None)


def in_order(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """[function(item) for item in items], side by side. The first error is raised."""
    waiting = list(items)
    if len(waiting) == 1 or getattr(_here, "alone", False):
        with one_thread():  # threads would cost more than they save
            return [function(item) for item in waiting]
    with one_thread(), ThreadPoolExecutor(max_workers=cores()) as pool:
        return list(pool.map(function, waiting))


def anywhere(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """The same, by the engine of `computed_by` where there is one.

    The function must remember nothing from one item to the next.
    """
    waiting, engine = list(items), _engine.get()
    if engine is None or len(waiting) < 2 or getattr(_here, "alone", False):
        return in_order(function, waiting)
    return engine(function, waiting)


@contextmanager
def computed_by(engine: Engine) -> Iterator[None]:
    """Let this engine do what `anywhere` is asked within the block, and in threads begun there."""
    token = _engine.set(engine)
    try:
        yield
    finally:
        _engine.reset(token)


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


def up_to_an_error(
    function: Callable[[Item], Result], items: Iterable[Item]
) -> tuple[list[Result], Exception | None]:
    """For an engine: a part of the items, one after the other, and the error that ended it."""
    found: list[Result] = []
    with one_after_the_other(), one_thread():
        for item in items:
            try:
                found.append(function(item))
            except Exception as error:  # noqa: BLE001  (it is raised where the parts are put together)
                return found, error
    return found, None


def cores() -> int:
    """Cores this process may use, which a container or taskset can make fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
