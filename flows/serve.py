"""A Prefect server that ends with whoever started it (flows.prefect_server).

    serve.py SOCKET TEMPLATE     for one run, its books in a file that is thrown away
    serve.py SOCKET              for `liftledger up`, its books where Prefect is told

The books of one run are a private SQLite file, copied from a template that is migrated once per
Prefect version: two runs never share a file, nothing grows, and a start costs no migration.
SOCKET is one that the parent has bound. The parent also holds the other end of standard input,
which closes however the parent ends, SIGKILL included.
"""

import asyncio
import os
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path


def main() -> None:
    """Serve until standard input closes."""
    listening = socket.socket(fileno=int(sys.argv[1]))
    if len(sys.argv) == 2:
        _when_parent_ends(lambda: os.kill(os.getpid(), signal.SIGTERM))  # finish what is asked
        _serve(listening, for_one_run=False)
        return
    template = Path(sys.argv[2])
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=template.parent))
    _when_parent_ends(lambda: _throw_away(folder))
    state = folder / "prefect.db"
    os.environ["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = f"sqlite+aiosqlite:///{state}"
    _prepare(state, template)
    _serve(listening, for_one_run=True)


def _when_parent_ends(leave: Callable[[], None]) -> None:
    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        leave()

    threading.Thread(target=watch, daemon=True).start()


def _throw_away(folder: Path) -> None:
    """Nothing in these books outlives the run, so there is nothing to end politely."""
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def _prepare(state: Path, template: Path) -> None:
    """An empty, migrated database at `state`."""
    if not template.exists():
        from prefect.server.database import provide_database_interface

        asyncio.run(provide_database_interface().create_db())
        _publish(state, template)
    else:
        shutil.copyfile(template, state)


def _publish(state: Path, template: Path) -> None:
    """Keep the migrated file for the next start. Two at once both publish the same content."""
    unfinished = state.with_suffix(".template")
    with closing(sqlite3.connect(state)) as migrated, closing(sqlite3.connect(unfinished)) as copy:
        migrated.backup(copy)
    unfinished.replace(template)


def _serve(listening: socket.socket, *, for_one_run: bool) -> None:
    import uvicorn
    from prefect.server.api.server import create_app

    app = create_app(ephemeral=for_one_run, final=True)
    # connections that stay open (a worker listens for events) are cut after a moment
    config = uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=2)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
