"""One thread inside a fit, however many fits run side by side.

Linear algebra libraries start threads of their own: with many small problems they get in each
other's way, and the order in which they add changes the last bits.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController


class _Pin:
    """Counts who wants one thread: the first sets the limit, the last gives it back."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.holders = 0
        self.libraries = ThreadpoolController().lib_controllers
        self.before: list[int] = []

    def hold(self) -> None:
        with self.lock:
            if self.holders == 0:
                self.before = [library.num_threads for library in self.libraries]
                self._set([1] * len(self.before))
            self.holders += 1

    def release(self) -> None:
        with self.lock:
            self.holders -= 1
            if self.holders == 0:
                self._set(self.before)

    def _set(self, threads: list[int]) -> None:
        for library, before, now in zip(self.libraries, self.before, threads, strict=True):
            if before != 1:  # else it stays one, at no cost: fits are many and short
                library.set_num_threads(now)


@cache
def _pin() -> _Pin:
    return _Pin()


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit linear algebra to one thread in this process while any such block is open."""
    _pin().hold()
    try:
        yield
    finally:
        _pin().release()
