"""A process, with whatever it starts, that ends when the one that wanted it ends: however that was.

    python -m liftledger.tether MARK MODULE WORD ...

What is started may make sessions of its own, outlive its parent, and know nothing of us (Prefect's
worker, its flow runs). It is known by a mark that processes inherit in their environment. The
program above holds on to its end of a pipe: when the pipe closes, SIGKILL included, everything
that carries the mark is asked to end, and then ended.
"""

import os
import select
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil

MARK = "LIFTLEDGER_WORKER"
PATIENCE = 15.0  # seconds a process may take to end when asked


@contextmanager
def tethered(
    words: Sequence[str], folder: Path, log: IO[bytes]
) -> Iterator["subprocess.Popen[bytes]"]:
    """A module of Python's with its words, until the block or this process ends."""
    mark = uuid.uuid4().hex
    process = subprocess.Popen(
        [sys.executable, "-m", "liftledger.tether", mark, *words],
        cwd=folder,
        stdin=subprocess.PIPE,  # closes when we end, however we end
        stdout=log,
        stderr=log,
        start_new_session=True,  # Ctrl-C in the terminal is for us
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        end_all_marked(mark)  # also where the one that holds the tether was killed
        process.wait()


def end_all_marked(mark: str) -> None:
    """End all that carry the mark; one that is ending may start another, so until none is left."""
    deadline = time.monotonic() + PATIENCE
    asked: set[int] = set()
    while marked := [one for one in psutil.process_iter() if _carries(one, mark)]:
        for one in marked:
            try:
                if time.monotonic() > deadline:
                    one.kill()
                elif one.pid not in asked:
                    one.terminate()
                    asked.add(one.pid)
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(marked, timeout=0.5)


def hold(mark: str, words: Sequence[str]) -> int:
    """Run the module until it ends, or until standard input closes; its exit code."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words], stdin=subprocess.DEVNULL, env=os.environ | {MARK: mark}
    )
    while process.poll() is None:
        readable, _, _ = select.select([sys.stdin], [], [], 0.5)
        if readable and not os.read(sys.stdin.fileno(), 1024):
            break
    end_all_marked(mark)
    return process.wait()


def _carries(process: psutil.Process, mark: str) -> bool:
    try:
        return process.environ().get(MARK) == mark
    except (psutil.Error, OSError):  # somebody else's, or already gone
        return False


if __name__ == "__main__":
    sys.exit(hold(sys.argv[1], sys.argv[2:]))
