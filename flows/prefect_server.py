"""Where Prefect's engine keeps its books during a run: somebody's server, or one of our own.

In this order: PREFECT_API_URL when it is set; the server of a `liftledger up` over the same home;
otherwise a server of this process alone (flows.serve), which ends with it. Prefect could start one
by itself ("ephemeral mode"), but only after importing the server into this process first, with
a new migration check each time and one SQLite file for all runs: 20 s instead of 8 s, and the 8 s
pass while this process imports and reads its data.

Must be entered before Prefect is imported: Prefect reads its settings once.
"""

import importlib.metadata
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

SERVE = Path(__file__).with_name("serve.py")
PATIENCE = 120.0  # seconds a first start may take on a busy machine
NOBODY_LISTENS = "LIFTLEDGER_PRIVATE_SERVER"  # set for a server that serves one run
ADDRESS = "server.json"  # where `liftledger up` says that it is up

# nothing phones home, nothing advertises, no pages, no block types nobody uses
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
}
PRIVATE = {
    "PREFECT_SERVER_DATABASE_MIGRATE_ON_START": "false",  # the template is migrated
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
}


class PrefectUnavailable(Exception):
    """The orchestrator does not start or does not answer; the message says what to look at."""


class PrefectServer:
    """A server the engine may use; flows run in a block of `answering`."""

    def __init__(self, process: subprocess.Popen[bytes] | None, port: int, log: Path) -> None:
        self._process, self._port, self._log = process, port, log

    @contextmanager
    def answering(self) -> Iterator[None]:
        """A block in which flows may run: the server answers. Raises PrefectUnavailable."""
        if self._process is None:
            yield
            return
        self.wait()
        with _no_heartbeats():
            yield

    def wait(self) -> None:
        """Return once a server of our own answers. Raises PrefectUnavailable."""
        if self._process is None:
            return
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            if server_version(f"http://127.0.0.1:{self._port}/api", PATIENCE) is not None:
                return
            time.sleep(0.1)
        raise PrefectUnavailable(f"Prefect's server does not start; its last words: {self._said()}")

    def _said(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else f"none (see {self._log})"


@contextmanager
def prefect_server(home: Path) -> Iterator[PrefectServer]:
    """Point Prefect at a server for as long as the block runs.

    home: folder for Prefect's files, apart from any Prefect profile of the user's
    """
    home.mkdir(parents=True, exist_ok=True)
    log = home / "server.log"
    os.environ.update(QUIET)
    os.environ.setdefault("PREFECT_HOME", str(home))
    api = os.environ.get("PREFECT_API_URL") or running_server(home)
    if api:
        os.environ["PREFECT_API_URL"] = api
        yield PrefectServer(None, 0, log)
        return
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
    os.environ[NOBODY_LISTENS] = "1"  # no automation listens to it (tasks/events.py)
    os.environ["PREFECT_LOGGING_TO_API_ENABLED"] = "false"  # nobody reads a server that ends
    template = home / f"template-{importlib.metadata.version('prefect')}.db"
    with listening, log.open("wb") as output:
        process = start([str(template)], listening, output.fileno(), PRIVATE)
    try:
        yield PrefectServer(process, port, log)
    finally:
        stop(process)


@contextmanager
def _no_heartbeats() -> Iterator[None]:
    """Nobody watches for a run's heartbeats here, and ending them costs each run a second."""
    from prefect.context import SettingsContext, get_settings_context

    context = get_settings_context()
    flows = context.settings.flows.model_copy(update={"heartbeat_frequency": None})
    settings = context.settings.model_copy(update={"flows": flows})
    with SettingsContext(profile=context.profile, settings=settings):
        yield


def start(
    arguments: list[str], listening: socket.socket, log: int, settings: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """A server in a process of its own, which answers on `listening` and ends with us."""
    return subprocess.Popen(
        # by its path, and with nothing of the current folder: whatever lies there is not imported
        [sys.executable, "-P", str(SERVE), str(listening.fileno()), *arguments],
        stdin=subprocess.PIPE,  # closes when we end, however we end
        stdout=log,
        stderr=log,
        pass_fds=[listening.fileno()],
        env=os.environ | settings,
        start_new_session=True,  # Ctrl-C in the terminal is for us
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server that `start` started."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def running_server(home: Path) -> str | None:
    """The address of a `liftledger up` over this home, if it answers and speaks our version."""
    try:
        api = str(json.loads((home / ADDRESS).read_text(encoding="utf-8"))["api"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # nobody is up, or was and left nothing readable
    return api if server_version(api, 2.0) == importlib.metadata.version("prefect") else None


def server_version(api: str, patience: float) -> str | None:
    """The version of the Prefect server at an address, or None when none answers there."""
    if not api.startswith(("http://", "https://")):
        return None
    try:
        with urllib.request.urlopen(f"{api}/admin/version", timeout=patience) as answer:  # noqa: S310
            return str(json.load(answer))
    except (urllib.error.URLError, OSError, ValueError):
        return None
