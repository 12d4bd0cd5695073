"""Who kills: workers in the middle of their runs, and the database, as the runs come along."""

import random
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import psutil
import psycopg2

from benchmarks.faults.scene import Scene

LOOK = 0.05  # seconds between looks at how far the runs have come
LINGER = 1.5  # seconds at most between what calls for a fault and the fault
DOWN = 2.0  # seconds at most that the database is away
HELD = "SELECT clock_timestamp(), id, worker FROM runs WHERE state = 'running'"
ENDED = "SELECT count(*) FROM runs WHERE state NOT IN ('waiting', 'running')"
OPEN = "SELECT count(*) FROM runs WHERE state IN ('waiting', 'running')"


@dataclass(frozen=True)
class Fault:
    """Something that was killed. at: by the database's clock      runs: those it hit"""

    what: str
    at: datetime
    runs: tuple[int, ...]


class Nemesis:
    """Runs the command and kills so many workers and databases before the last run ends."""

    def __init__(self, scene: Scene, seed: int, workers: int, databases: int) -> None:
        self._scene = scene
        self._random = random.Random(seed)
        self.faults: list[Fault] = []
        self._before = self._count(ENDED)
        count = self._count(OPEN)
        kinds = ["worker"] * workers + ["database"] * databases
        self._random.shuffle(kinds)
        self._calls = sorted(
            ((self._random.uniform(0, 0.9 * count), kind) for kind in kinds), reverse=True
        )

    def run(self) -> None:
        """Until every run has ended; the command is started again if it ends too early."""
        command = self._scene.answering()
        try:
            while self._count(OPEN):
                if command.poll() is not None:
                    command = self._scene.answering()
                if self._calls and self._count(ENDED) - self._before >= self._calls[-1][0]:
                    self._strike(self._calls[-1][1])
                time.sleep(LOOK)
            command.wait()
        finally:
            if command.poll() is None:
                command.terminate()
                command.wait()

    def _strike(self, kind: str) -> None:
        time.sleep(self._random.uniform(0, LINGER))
        held = self._scene.rows(HELD)
        if not held:
            return  # nobody is at work: a fault now would hit nothing
        if kind == "worker":
            # not one that died before and whose lease runs on: it would be chosen again and again
            alive = [(at, run, who) for at, run, worker in held if (who := _process(worker))]
            if alive:
                at, run, who = self._random.choice(alive)
                with suppress(psutil.NoSuchProcess):
                    who.kill()
                    self._happened(Fault(kind, at, (run,)))
            return
        self._scene.kill_database()
        self._happened(Fault(kind, held[0][0], tuple(run for _, run, _ in held)))
        time.sleep(self._random.uniform(0, DOWN))
        self._scene.start_database()

    def _happened(self, fault: Fault) -> None:
        self._calls.pop()
        self.faults.append(fault)
        print(f"{len(self.faults)}: {fault.what} killed", file=sys.stderr)

    def _count(self, query: str) -> int:
        while True:
            with suppress(psycopg2.OperationalError):
                return int(self._scene.rows(query)[0][0])
            time.sleep(LOOK)


def _process(worker: str) -> psutil.Process | None:
    """The process that claimed a run as `host:pid`; None once it is dead."""
    with suppress(psutil.NoSuchProcess):
        found = psutil.Process(int(worker.rpartition(":")[2]))
        if found.status() != psutil.STATUS_ZOMBIE:
            return found
    return None
