"""From the moment a promotion's data are complete to the start of its analysis, with `up` running.

    python -m benchmarks.arrival           a table
    python -m benchmarks.arrival --json    for `python -m benchmarks`

`liftledger up` over a home of its own. Promotion and study are there, the panel is not; it is
delivered, and nobody asks for anything. The start is the claim of the run, by the database's
clock. Behind it are the notice, the look at what is due, the flow run, the worker's look for it,
and the start of a process with all its imports. The first finds what a first start compiles.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from benchmarks.due import ROOT, deliver, plan
from benchmarks.measuring.rows import Row, tell
from storage.alerts import now as moment
from storage.database import migrate
from storage.ledger import ledger
from storage.runs import every
from storage.server import database

STUDIES = 3
PROMISED = 15.0
PATIENCE = 600.0


def main() -> None:
    """Print what was measured."""
    tell(measure())


def measure() -> list[Row]:
    """One study after the other; the best is what an idle machine takes."""
    with tempfile.TemporaryDirectory(prefix="liftledger-arrival-") as folder:
        Path(folder).chmod(0o755)  # as root the database runs as another user
        with database(Path(folder)) as url, socket.create_server(("127.0.0.1", 0)) as free:
            migrate(url)
            port = free.getsockname()[1]
            free.close()
            up = _up(folder, url, port)
            try:
                waits = [_waited(url, f"study{number}", number) for number in range(STUDIES)]
            finally:
                up.send_signal(signal.SIGTERM)
                up.wait()
    return [
        Row("from complete data to the start, the first ever", waits[0], "s"),
        Row("from complete data to the start, best of the others", min(waits[1:]), "s", PROMISED),
    ]


def _up(home: str, url: str, port: int) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "liftledger", "up", "--port", str(port)],
        cwd=ROOT,
        env=os.environ | {"LIFTLEDGER_HOME": home, "DATABASE_URL": url},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "waiting for work" in line:
            return process
    raise RuntimeError(f"it does not come up, exit {process.wait()}")


def _waited(url: str, name: str, number: int) -> float:
    plan(url, name)
    deliver(url, name, number)
    with ledger(url) as session:
        complete = moment(session)
    started = _once(url, name, "running", complete)
    _once(url, name, "done", complete)
    return (started - complete).total_seconds()


def _once(url: str, name: str, state: str, since: datetime) -> datetime:
    """The moment a run is first seen in a state, or beyond it."""
    while True:
        with ledger(url) as session:
            now = moment(session)
            states = [run.state for run in every(session, study=name)]
        if state in states or (state == "running" and "done" in states):
            return now
        if (now - since).total_seconds() > PATIENCE:
            raise RuntimeError(f"{name} is not {state} after {PATIENCE:.0f} s: {states}")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
