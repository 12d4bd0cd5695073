"""Many studies that are due at once: time, processor seconds of each, and memory over the run.

    python -m benchmarks.due                       20 studies, a table
    python -m benchmarks.due --studies 500 --workers 2
    python -m benchmarks.due --json                for `python -m benchmarks`

Each study has a panel of its own, 60 stores × 120 weeks, six of them promoted for eight weeks, and
a promotion in the calendar; DID, SC, DIFP and SDID with four variances. `liftledger run --all-due`
answers them in processes of its own over an empty home. Workers are loaded once each has answered
a study; processor seconds and memory are compared from then on.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from benchmarks.measuring.rows import Row, tell
from storage import runs
from storage.database import migrate
from storage.ledger import ledger
from storage.outcomes import ingest
from storage.promotions import register as enter
from storage.server import database
from storage.studies import register
from studies import parse_plan
from studies.promotions import Promotion

ROOT = Path(__file__).resolve().parents[1]
STORES, WEEKS, PROMOTED, LASTS = 60, 120, 6, 8
PERIODS = list(pd.date_range("2022-01-03", periods=WEEKS, freq="7D").strftime("%Y-%m-%d"))
MANY, PROMISED = 500, 900.0  # studies, and the seconds they may take on two cores
FLAT = 5.0  # percent
LOOK = 1.0
PLAN = """
study: {name}
question: What did the promotion do?
panel: {name}
estimators: [did, sc, difp, sdid]
inference: {{kinds: [marginal, given_unit, given_period, given_both]}}
promotion: {{name: {name}}}
"""


@dataclass(frozen=True)
class Look:
    """done: studies      busy: processor seconds of all workers      memory: by worker, bytes"""

    done: int
    busy: float
    memory: dict[int, float]


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.due")
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    tell(measure(asked.studies, asked.workers))


def measure(studies: int, workers: int) -> list[Row]:
    """Make them, answer them, and watch the workers."""
    with tempfile.TemporaryDirectory(prefix="liftledger-due-") as folder:
        Path(folder).chmod(0o755)  # as root the database runs as another user
        with database(Path(folder)) as url:
            _prepare(url, studies)
            started = time.perf_counter()
            looks = _watched(folder, url, workers)
            seconds = time.perf_counter() - started
    loaded = next(look for look in looks if look.done >= min(2 * workers, studies - 1))
    last = looks[-1]
    each = (last.busy - loaded.busy) / max(1, studies - loaded.done)
    grown = [100 * (last.memory[pid] / loaded.memory[pid] - 1)
             for pid in last.memory.keys() & loaded.memory.keys()]  # fmt: skip
    return [
        Row(f"{studies} due studies, {workers} workers", seconds, "s"),
        Row("processor seconds of workers, once loaded", each, "s/study"),
        Row(f"{MANY} studies in processor seconds on two cores", MANY * each / 2, "s", PROMISED),
        Row("memory of a worker, the most", max(last.memory.values()) / 2**20, "MB"),
        Row("memory of a worker, change once loaded", max(grown, key=abs), "%", FLAT),
    ]


def _prepare(url: str, studies: int) -> None:
    migrate(url)
    for number in range(studies):
        deliver(url, f"study{number}", number)
        plan(url, f"study{number}")


def deliver(url: str, name: str, number: int) -> None:
    """Bring a panel in."""
    with ledger(url) as session:
        ingest(session, name, _panel(number))


def plan(url: str, name: str) -> None:
    """Enter the promotion of a panel and register its study."""
    entry = Promotion(
        promotion=name,
        units=tuple(f"store {store}" for store in range(PROMOTED)),
        start=PERIODS[-LASTS],
        end=PERIODS[-1],
    )
    with ledger(url) as session:
        enter(session, entry, "benchmark")
    with ledger(url) as session:
        register(session, parse_plan(PLAN.format(name=name)), "benchmark")


def _panel(number: int) -> pd.DataFrame:
    rng = np.random.default_rng(number)
    level = 100 + 10 * rng.normal(size=(STORES, 1)) + rng.normal(size=WEEKS).cumsum()
    outcome = level + rng.normal(size=(STORES, WEEKS))
    treatment = np.zeros((STORES, WEEKS))
    treatment[:PROMOTED, -LASTS:] = 1
    return pd.DataFrame(
        {
            "unit": np.repeat([f"store {i}" for i in range(STORES)], WEEKS),
            "period": np.tile(PERIODS, STORES),
            "outcome": (outcome + 3 * treatment).ravel(),
            "treatment": treatment.ravel(),
        }
    )


def _watched(home: str, url: str, workers: int) -> list[Look]:
    """Run the command, and look at it every now and then."""
    said = Path(home, "said.txt")
    with said.open("wb") as log:
        command = subprocess.Popen(
            [sys.executable, "-m", "liftledger", "run", "--all-due", "--workers", str(workers)],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": url, "LIFTLEDGER_HOME": home},
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    looks = []
    while command.poll() is None:
        memory, busy = {}, 0.0
        for process in _workers(command.pid):
            with suppress(psutil.NoSuchProcess):
                memory[process.pid] = float(process.memory_info().rss)
                busy += sum(process.cpu_times()[:2])
        with ledger(url) as session:
            done = len(runs.every(session, ("done",)))
        if len(memory) == workers and all(memory.values()):  # one that has just ended holds none
            looks.append(Look(done, busy, memory))
        time.sleep(LOOK)
    if command.returncode:
        raise RuntimeError(f"the command failed: {said.read_text(encoding='utf-8')[-2000:]}")
    return looks


def _workers(command: int) -> list[psutil.Process]:
    """What the one process that the command started has forked."""
    found: list[psutil.Process] = []
    for template in psutil.Process(command).children():
        with suppress(psutil.NoSuchProcess):
            found += template.children()
    return found


if __name__ == "__main__":
    main()
