"""Worker processes of one command: so many at a time, and a new one for each that dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from liftledger.ending import Failure
from liftledger.ledger import say

PROJECT = Path(__file__).resolve().parent.parent
PATIENCE = 5.0  # seconds a worker may take to let go of what it holds
MOST_DEATHS = 3  # in a row, by themselves and before they were STARTED: they cannot work here
STARTED = 20.0


class Crew:
    """Processes that answer what is in the queue, copies of one that is ready (forking)."""

    def __init__(self, url: str, count: int, log: Path) -> None:
        self._environment = os.environ | {"DATABASE_URL": url}
        self._log, self._count, self._deaths = log, count, 0
        self._since: dict[int, float] = {}  # by process id, when it was there
        self._begin()

    @property
    def members(self) -> list[int]:
        """Their process ids."""
        return list(self._since)

    def replace_the_dead(self) -> None:
        """As many as before. Raises Failure when none can be kept alive."""
        over = self._template.poll()
        self._listen()
        if over is not None:  # its workers end with it
            say("workers", f"what starts them ended ({_how(over)}); it is started again")
            self._count_death(over, self._begun)
            self._template.communicate()
            self._begin()

    def end(self) -> None:
        """Ask them to let go and end; end those that do not listen."""
        self._listen(replace=False)
        _tell(self._since, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while self._since and self._template.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
            self._listen(replace=False)
        _tell(self._since, signal.SIGKILL)
        self._template.terminate()  # it may still be importing
        self._template.communicate()

    def _begin(self) -> None:
        with self._log.open("ab") as log:
            self._template = subprocess.Popen(
                [sys.executable, "-m", "liftledger.forking"],
                cwd=PROJECT,  # the same code as ours, wherever this was called from
                stdin=subprocess.PIPE,  # closes when we end, however we end
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._environment,
                start_new_session=True,  # Ctrl-C in the terminal is for us
            )
        self._begun, self._heard = time.monotonic(), b""
        self._since.clear()
        assert self._template.stdout is not None
        os.set_blocking(self._template.stdout.fileno(), False)
        self._ask(self._count)

    def _ask(self, count: int) -> None:
        assert self._template.stdin is not None
        with suppress(BrokenPipeError):  # it has ended, which the next look finds
            os.write(self._template.stdin.fileno(), b"\n" * count)

    def _listen(self, replace: bool = True) -> None:
        """Take in who started and who ended."""
        assert self._template.stdout is not None
        with suppress(BlockingIOError):
            while said := os.read(self._template.stdout.fileno(), 4096):
                self._heard += said
        *lines, self._heard = self._heard.split(b"\n")
        for line in lines:
            what, pid, *code = line.split()
            if what == b"started":
                self._since[int(pid)] = time.monotonic()
                continue
            since = self._since.pop(int(pid))
            if replace:
                say("workers", f"{int(pid)} ended ({_how(int(code[0]))}); another starts")
                self._count_death(int(code[0]), since)
                self._ask(1)

    def _count_death(self, code: int, since: float) -> None:
        by_itself = code >= 0 and time.monotonic() - since < STARTED
        self._deaths = self._deaths + 1 if by_itself else 0
        if self._deaths > MOST_DEATHS:
            raise Failure(f"worker processes do not stay alive; the log is {self._log}")


@contextmanager
def crew(url: str, count: int, log: Path) -> Iterator[Crew]:
    """So many worker processes, until the block ends."""
    members = Crew(url, count, log)
    try:
        yield members
    finally:
        members.end()


def _tell(members: "dict[int, float]", number: signal.Signals) -> None:
    for pid in members:
        with suppress(ProcessLookupError):  # it ended, and nobody has read of it yet
            os.kill(pid, number)


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit {code}"
