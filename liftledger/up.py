"""`liftledger up`: everything at once, until interrupted, and then nothing of it.

    database → Prefect's server and pages → work pool → deployments of prefect.yaml → worker
             → an ear at the database, which starts what has become due (flows.listening)
             → the pages of reviewers (liftledger review)

Where Prefect keeps its books is in liftledger.books.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from estimators.core.parallel import cores
from flows.prefect_server import ADDRESS, QUIET, PrefectServer, running_server, start, stop
from liftledger.books import books_of_prefect
from liftledger.ending import Failure, Interrupted, Terminated
from liftledger.ledger import opened, say
from liftledger.ports import listening_at
from liftledger.reviewing import greet
from liftledger.tether import tethered
from storage.server import home_folder

PROJECT = Path(__file__).resolve().parent.parent  # where prefect.yaml and the flows are
POOL = "liftledger"
PAGES = "the server of the review pages"
QUERY = "2"  # seconds between looks of the worker for what to start


def stay_up(port: int, review_port: int) -> None:
    """Start everything, say where it is, wait. Raises Failure when a part does not start or ends.

    Ctrl-C and SIGTERM are how this command is meant to end.
    """
    if not (PROJECT / "prefect.yaml").is_file():
        raise Failure(f"prefect.yaml is not in {PROJECT}; `up` runs from a clone of the project")
    home = _folder()
    if elsewhere := running_server(home):
        raise Failure(f"it is up already, at {elsewhere.removesuffix('/api')}")
    try:
        with listening_at(review_port, "--review-port"):
            pass  # free; the pages take it themselves, later
        with ExitStack() as everything:
            listening = everything.enter_context(listening_at(port))
            url = everything.enter_context(opened())
            say("database", "embedded" if not os.environ.get("DATABASE_URL") else "DATABASE_URL")
            log = everything.enter_context((home / "up.log").open("ab"))
            environment = {**QUIET, **_settings(home, port, url)}
            os.environ.update(environment)
            server = everything.enter_context(_server(listening, port, home, log))
            _prefect("work-pool", "create", POOL, "--type", "process", "--overwrite", log=log)
            _prefect("--no-prompt", "deploy", "--all", log=log)
            say("prefect", f"pages at http://127.0.0.1:{port}, deployments of prefect.yaml ready")
            worker = everything.enter_context(tethered(_WORKER, PROJECT, log))
            ear = everything.enter_context(tethered(_EAR, PROJECT, log))
            pages = everything.enter_context(_pages(review_port, home / "up.log", log))
            greet(url, review_port)
            everything.enter_context(_announced(home, port))
            say("up", f"waiting for work; Ctrl-C ends everything (log: {home / 'up.log'})")
            parts = {
                "Prefect's server": server,
                "the worker": worker,
                "what listens": ear,
                PAGES: pages,
            }
            _until_one_ends(parts, home / "up.log")
    except (Interrupted, Terminated):
        say("down", "everything has ended")


def _folder() -> Path:
    home = home_folder() / "prefect"
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(
            f"the folder {home} cannot be used: {error.strerror or error}; "
            "choose one you may write to with LIFTLEDGER_HOME"
        ) from error
    return home


def _settings(home: Path, port: int, url: str) -> dict[str, str]:
    """What Prefect's server, the worker and the runs it starts are told."""
    books = books_of_prefect(url, home)
    say("prefect", f"keeps its books in {books.where}")
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": books.url(),
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_WORKER_QUERY_SECONDS": QUERY,
    }


@contextmanager
def _server(
    listening: socket.socket, port: int, home: Path, log: IO[bytes]
) -> Iterator["subprocess.Popen[bytes]"]:
    say("prefect", "its server is starting (the first time this takes up to a minute)")
    process = start([], listening, log.fileno(), {})
    try:
        PrefectServer(process, port, home / "up.log").wait()
        yield process
    finally:
        stop(process)


def _prefect(*words: str, log: IO[bytes]) -> None:
    """One command of Prefect's own, its output in the log."""
    # in the project's folder, which a deployment keeps as the place its flow is imported from
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *words],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        check=False,
    )
    if done.returncode:
        raise Failure(f"`prefect {' '.join(words)}` failed; the log is {log.name}")


_WORKER = (
    "prefect", "worker", "start", "--pool", POOL, "--type", "process",
    "--name", socket.gethostname(), "--limit", str(cores() + 1),  # an alert next to analyses
)  # fmt: skip
_EAR = ("flows.listening",)


@contextmanager
def _pages(port: int, told: Path, log: IO[bytes]) -> Iterator["subprocess.Popen[bytes]"]:
    """The pages of reviewers, once they answer."""
    with tethered(("liftledger", "review", "--port", str(port)), PROJECT, log) as process:
        while not _answers(port):
            _refuse_ended(PAGES, process, told)
            time.sleep(0.2)
        yield process


def _answers(port: int) -> bool:
    with socket.socket() as asked:
        asked.settimeout(5)
        return asked.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _announced(home: Path, port: int) -> Iterator[None]:
    """While it is up, `liftledger run` over the same home uses this server."""
    address = home / ADDRESS
    address.write_text(json.dumps({"api": f"http://127.0.0.1:{port}/api"}), encoding="utf-8")
    try:
        yield
    finally:
        address.unlink(missing_ok=True)


def _until_one_ends(parts: Mapping[str, "subprocess.Popen[bytes]"], log: Path) -> None:
    while True:
        for name, process in parts.items():
            _refuse_ended(name, process, log)
        time.sleep(0.5)


def _refuse_ended(name: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    if process.poll() is not None:
        raise Failure(f"{name} has ended (exit {process.returncode}); the log is {log}")
