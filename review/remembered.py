"""Answers about results that hold as long as nothing new stands beside the result.

A result never changes, so its page and its JSON are made once for each state of what stands beside
it (storage.result_state), and known by its hash. Nothing in here is a user's own. What is kept was
checked against its hash when it was read: it stays what was saved, whatever happens to the tables
meanwhile; that something did, `liftledger verify` finds.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

MOST = 64 * 1024 * 1024  # characters of all that is kept


class Remembered:
    """Texts by what they are and the state they were made in; those not asked for go first."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._size = most, 0
        self._texts: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._lock = Lock()

    def get(self, what: str, digest: str, make: Callable[[], str]) -> str:
        """The text, made now where it is not kept."""
        key = (what, digest)
        with self._lock:
            if key in self._texts:
                self._texts.move_to_end(key)
                return self._texts[key]
        text = make()  # outside the lock: others need not wait for it
        with self._lock:
            if key not in self._texts and len(text) <= self._most:
                self._texts[key] = text
                self._size += len(text)
            while self._size > self._most:
                self._size -= len(self._texts.popitem(last=False)[1])
        return text
