"""Measure a call in a process of its own: CPU seconds, peak memory, and what it answered.

Two halves. `spend` runs in the measured process: one call to warm up (compilation belongs to it
and is not counted), then several, of which the median of CPU time counts. `run` starts such a
process with one thread and a limit on its CPU seconds and its memory, and reads one JSON object
from its output. CPU time rather than wall time, because the machine may be busy; all threads of
the process are in it, so that nobody gains by starting more.
"""

import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

Found = TypeVar("Found")
ROOT = Path(__file__).resolve().parents[2]
REPETITIONS = 9  # at most
ENOUGH = 5.0  # CPU seconds of repetitions after which no further one is begun
SLOW = 20.0  # a first call that takes longer is not repeated to be measured
LOOK = 0.02  # seconds between looks at how much a process has spent
GIGABYTE = 2**30
ONE_THREAD = dict.fromkeys(
    ("MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
     "RAYON_NUM_THREADS"), "1"
)  # fmt: skip


def spend(call: Callable[[], Found], *, compiles: bool) -> tuple[dict[str, float], Found]:
    """What one call costs, and what the last one returned.

    compiles: the first call may compile, so another is always measured
    """
    found, first = _timed(call)
    times = [] if compiles or first <= SLOW else [first]
    while len(times) < REPETITIONS and (not times or sum(times) < ENOUGH):
        if times and times[0] > SLOW:
            break
        found, seconds = _timed(call)
        times.append(seconds)
    cost = {"seconds": statistics.median(times), "first": first, "repetitions": len(times)}
    return cost | {"megabytes": peak()}, found


def peak() -> float:
    """The most memory this process has held, in megabytes, its imports included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(command: Sequence[str], *, seconds: float, gigabytes: float) -> dict[str, Any]:
    """The JSON object a process prints; or why there is none, as {"failed": ...}.

    command: the words after which the process runs in the project's folder
    seconds: CPU time it may use      gigabytes: memory it may ask for
    """
    asked = int(gigabytes * GIGABYTE)
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as trouble:
        process = subprocess.Popen(
            list(command), cwd=ROOT, env=os.environ | ONE_THREAD, stdout=said, stderr=trouble,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (asked, asked)),
        )  # fmt: skip
        started = time.monotonic()
        while process.poll() is None:
            # RLIMIT_CPU would do this too, but makes the CPU clock of the process jump by ticks.
            if _spent(process.pid, started) > seconds:
                process.kill()
                process.wait()
                return {"failed": f"> {seconds:g} s"}
            time.sleep(LOOK)
        said.seek(0)
        trouble.seek(0)
        answer, complaint = said.read(), trouble.read()
    if process.returncode == 0:
        measured: dict[str, Any] = json.loads(answer.splitlines()[-1])
        return measured
    if "MemoryError" in complaint or "memory allocation" in complaint:
        return {"failed": f"> {gigabytes:g} GB"}
    return {"failed": (complaint.strip().splitlines() or ["error"])[-1]}


def _spent(process: int, started: float) -> float:
    """CPU seconds of a running process; seconds on the wall where the system does not tell."""
    status = Path(f"/proc/{process}/stat")
    if not status.exists():
        return time.monotonic() - started
    user, system = status.read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _timed(call: Callable[[], Found]) -> tuple[Found, float]:
    started = time.process_time()
    found = call()
    return found, time.process_time() - started
