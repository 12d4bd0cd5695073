"""What `up` starts ends with it, whoever is killed."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from tests.liftledger.commands import PROJECT, until

# a worker that starts a session of its own, as Prefect's does with a flow run
WORKER = "import subprocess, sys; subprocess.run([sys.executable, '-m', 'http.server', '0'])"
PROGRAM = f"""
import sys, time
from pathlib import Path
from liftledger.tether import tethered
with open("/dev/null", "ab") as log:
    with tethered(["timeit", "-n1", "-r1", {WORKER!r}], Path({str(PROJECT)!r}), log) as process:
        print(process.pid, flush=True)
        process.wait()
"""


@pytest.fixture
def program() -> Iterator["subprocess.Popen[str]"]:
    started = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    yield started
    started.kill()
    started.wait()
    assert started.stdout is not None
    started.stdout.close()


def below(program: "subprocess.Popen[str]") -> list[psutil.Process]:
    """The tether, the worker, and what the worker started, once all of them are there."""
    assert program.stdout is not None
    tether = psutil.Process(int(program.stdout.readline()))
    until(lambda: len(tether.children(recursive=True)) == 2, "the worker and what it starts")
    return [tether, *tether.children(recursive=True)]


def gone(processes: list[psutil.Process]) -> bool:
    return not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("wish", [signal.SIGKILL, signal.SIGINT])
def test_when_the_program_ends_nothing_is_left(
    program: "subprocess.Popen[str]", wish: signal.Signals
) -> None:
    processes = below(program)
    program.send_signal(wish)
    until(lambda: gone(processes), "everything to end", patience=60)


@pytest.mark.parametrize("killed", [0, 1], ids=["the tether", "the worker"])
def test_when_a_part_is_killed_the_program_hears_and_nothing_is_left(
    program: "subprocess.Popen[str]", killed: int
) -> None:
    processes = below(program)
    processes[killed].kill()
    program.wait(60)
    assert gone(processes)
