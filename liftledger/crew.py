"""Worker processes of one command: so many at a time, and a new one for each that dies."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from liftledger.ending import Failure
from liftledger.ledger import say

PROJECT = Path(__file__).resolve().parent.parent
PATIENCE = 5.0  # seconds a worker may take to let go of what it holds
MOST_DEATHS = 3  # in a row, by themselves and before they were STARTED: they cannot work here
STARTED = 20.0


class Crew:
    """Processes that answer what is in the queue (liftledger.worker)."""

    def __init__(self, url: str, count: int, log: Path) -> None:
        self._environment = os.environ | {"DATABASE_URL": url}
        self._log = log
        self._members = [self._started() for _ in range(count)]
        self._deaths = 0

    @property
    def members(self) -> list[int]:
        """Their process ids."""
        return [process.pid for process, _ in self._members]

    def replace_the_dead(self) -> None:
        """As many as before. Raises Failure when none can be kept alive."""
        for place, (process, since) in enumerate(self._members):
            if process.poll() is None:
                continue
            say("workers", f"{process.pid} ended ({_how(process.returncode)}); another starts")
            by_itself = process.returncode >= 0 and time.monotonic() - since < STARTED
            self._deaths = self._deaths + 1 if by_itself else 0
            if self._deaths > MOST_DEATHS:
                raise Failure(f"worker processes do not stay alive; the log is {self._log}")
            self._members[place] = self._started()

    def end(self) -> None:
        """Ask them to let go and end; end those that do not listen."""
        for process, _ in self._members:
            process.terminate()
        deadline = time.monotonic() + PATIENCE
        for process, _ in self._members:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _started(self) -> tuple["subprocess.Popen[bytes]", float]:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "liftledger.worker"],
                cwd=PROJECT,  # the same code as ours, wherever this was called from
                stdin=subprocess.PIPE,  # closes when we end, however we end
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,  # Ctrl-C in the terminal is for us
            )
        return process, time.monotonic()


@contextmanager
def crew(url: str, count: int, log: Path) -> Iterator[Crew]:
    """So many worker processes, until the block ends."""
    members = Crew(url, count, log)
    try:
        yield members
    finally:
        members.end()


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit {code}"
