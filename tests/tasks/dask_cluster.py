"""A Dask cluster of several worker processes on this machine, for tests."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from distributed import Client

ROOT = Path(__file__).parents[2]


@dataclass
class DaskCluster:
    """Where its scheduler is, and its workers by name."""

    address: str
    scheduler: "subprocess.Popen[bytes]"
    workers: dict[str, "subprocess.Popen[bytes]"]

    def kill(self, name: str) -> None:
        self.workers[name].send_signal(signal.SIGKILL)
        self.workers[name].wait()

    def end(self) -> None:
        """All of it, at once."""
        for process in (self.scheduler, *self.workers.values()):
            process.kill()
            process.wait()


@contextmanager
def dask_cluster(workers: int, folder: Path) -> Iterator[DaskCluster]:
    """A scheduler and so many workers of one thread, each a process, while the block runs."""
    file = folder / "scheduler.json"
    scheduler = _started("scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", file)
    crew: dict[str, subprocess.Popen[bytes]] = {}
    try:
        while not file.exists():
            assert scheduler.poll() is None
            time.sleep(0.1)
        for number in range(workers):
            crew[f"w{number}"] = _started(
                "worker", "--scheduler-file", file, "--nthreads", "1", "--no-nanny",
                "--no-dashboard", "--name", f"w{number}", "--local-directory", folder,
            )  # fmt: skip
        with Client(scheduler_file=str(file)) as client:
            client.wait_for_workers(workers, timeout=120)
            address = client.scheduler.address
        yield DaskCluster(address, scheduler, crew)
    finally:
        for process in (*crew.values(), scheduler):
            process.kill()
            process.wait()


def _started(what: str, *words: object) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "dask", what, "--host", "127.0.0.1", *map(str, words)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
