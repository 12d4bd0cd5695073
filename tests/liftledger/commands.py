"""Commands as a person types them: real processes, looked at from outside."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from liftledger.command_line import debugging, typed
from liftledger.ending import exit_code

PROJECT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "liftledger"]
MARK = "LIFTLEDGER_TEST"


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Shell:
    """Where commands run: a folder of the user's, and a home or a database.

    Every process started here, and whatever it starts, carries a mark: what is left behind by a
    command is found, whoever its parent is by then.
    """

    folder: Path
    settings: dict[str, str]
    mark: str = field(default_factory=lambda: f"{os.getpid()}-{time.monotonic_ns()}")
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PREFECT_", "GX_", "PG", "DATABASE_URL", "LIFTLEDGER_"))
        }
        return kept | {"PYTHONPATH": str(PROJECT), MARK: self.mark} | self.settings

    def run(self, *words: str, patience: float = 170) -> Done:
        """Run a command to its end. patience: seconds it may take on a busy machine"""
        done = subprocess.run(
            [*COMMAND, *words],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def type(self, *words: str) -> Done:
        """The same within this process: seconds less, for what needs no process of its own."""
        with pytest.MonkeyPatch.context() as patch, ExitStack() as captured:
            for name in os.environ.keys() - self.environment.keys():
                patch.delenv(name)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.chdir(self.folder)
            stdout = captured.enter_context(redirect_stdout(io.StringIO()))
            stderr = captured.enter_context(redirect_stderr(io.StringIO()))
            code = exit_code(lambda: typed(list(words)), debug=debugging)
        return Done(code, stdout.getvalue(), stderr.getvalue())

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command; its stderr goes to the file `stderr`."""
        with (self.folder / "stderr").open("w") as stderr:
            process = subprocess.Popen(
                [*COMMAND, *words],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    @property
    def said(self) -> str:
        """What the command started last has said so far."""
        return (self.folder / "stderr").read_text()

    def left_behind(self) -> list[str]:
        """Processes that outlived their command."""
        return [" ".join(process.cmdline()) for process in self._processes()]

    def close(self) -> None:
        """End whatever a failed test left behind."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        for started in self.started:
            started.wait()

    def _processes(self) -> list[psutil.Process]:
        every = psutil.process_iter()
        return [one for one in every if _environment(one).get(MARK) == self.mark]


def until(ready: Callable[[], object], what: str, patience: float = 120) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + patience
    while not ready():
        assert time.monotonic() < deadline, f"waited {patience:.0f} s for: {what}"
        time.sleep(0.1)


def complaint(done: Done) -> str:
    """The one line of an error: after any progress, nothing but the reason, and no traceback."""
    assert "Traceback" not in done.stderr
    assert not done.stdout
    return done.stderr.strip().splitlines()[-1]


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return {}
        return process.environ()
    except (psutil.Error, OSError):
        return {}
