"""Which database: the one DATABASE_URL names, or an embedded PostgreSQL that comes and goes.

Everybody who needs the embedded server says so by a shared lock on the file `users`. The first one
in starts the server, the last one out stops it. The system drops the lock of a killed process, so
it keeps the server alive no longer than until the next one leaves.

    <home>/postgres/lock       held while the server is looked for, started or stopped
    <home>/postgres/users      held, shared, by everyone who uses the server
    <home>/postgres/location   where the cluster is, when root could not keep it here
    <home>/postgres/cluster    the cluster (storage.server_cluster)
"""

import fcntl
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from storage.errors import DatabaseUnavailable
from storage.server_account import OPEN_FOLDER, Account, choose
from storage.server_cluster import Cluster
from storage.server_process import free_ports


def home_folder() -> Path:
    """The user's folder for everything Liftledger keeps: LIFTLEDGER_HOME, or the usual place."""
    named = os.environ.get("LIFTLEDGER_HOME")
    return Path(named).expanduser() if named else Path.home() / ".local/share/liftledger"


@contextmanager
def database(home: Path | None = None) -> Iterator[str]:
    """Yield the SQLAlchemy URL of a database that answers, for as long as the block runs.

    home: where the embedded server keeps its data; home_folder() when None. Not looked at when
        DATABASE_URL is set.
    Raises DatabaseUnavailable with one line that says what to do.
    """
    named = os.environ.get("DATABASE_URL")
    if named:
        yield _normalised(named)
        return
    folder = (home or home_folder()).absolute() / "postgres"
    with ExitStack() as stack:
        stack.enter_context(_ending_politely())
        stack.enter_context(_without_client_settings())
        try:
            url = stack.enter_context(_embedded(folder))
        except OSError as error:
            raise DatabaseUnavailable(
                f"cannot keep a database in {folder}: {error.strerror or error}; choose a folder "
                "you may write to with LIFTLEDGER_HOME, or name a server with DATABASE_URL"
            ) from error
        yield url


@contextmanager
def _embedded(folder: Path) -> Iterator[str]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock, (folder / "users").open("a") as users:
        with _held(lock):
            fcntl.flock(users, fcntl.LOCK_SH)
            cluster = _cluster(folder)
            try:
                port = cluster.port() or cluster.start(free_ports())
                url = cluster.url(port)
            except BaseException:
                _leave(users, cluster)
                raise
        try:
            yield url
        finally:
            with _held(lock):
                _leave(users, cluster)


def _leave(users: IO[str], cluster: Cluster) -> None:
    """Sign off; whoever finds nobody else signed on stops the server."""
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    cluster.stop()
    fcntl.flock(users, fcntl.LOCK_UN)


@contextmanager
def _held(lock: IO[str]) -> Iterator[None]:
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


def _cluster(folder: Path) -> Cluster:
    """The cluster that belongs to the folder, made when there is none yet."""
    pointer = folder / "location"
    place = Path(pointer.read_text(encoding="utf-8").strip()) if pointer.exists() else folder
    if (place / "cluster").exists():
        account = choose(place / "cluster")
        return Cluster(place / "cluster", place / "server.log", account)
    account = choose(None)
    if not account.reaches(place):
        place = _open_place(account, folder)
        pointer.write_text(f"{place}\n", encoding="utf-8")
    cluster = Cluster(place / "cluster", place / "server.log", account)
    cluster.create()
    return cluster


def _open_place(account: Account, folder: Path) -> Path:
    """A new folder the server's account can reach, when root's home is closed to it."""
    if not account.lent:
        raise DatabaseUnavailable(
            f"the folder {folder} may not be entered; choose another one with LIFTLEDGER_HOME"
        )
    OPEN_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="home-", dir=OPEN_FOLDER))
    place.chmod(0o755)
    (place / "belongs-to").write_text(f"{folder}\n", encoding="utf-8")
    return place


@contextmanager
def _without_client_settings() -> Iterator[None]:
    """Set PG* variables aside: they are meant for the user's other servers (PGSSLMODE, PGOPTIONS).

    They would change how this process, and those it starts, connect to the embedded one.
    """
    aside = {name: value for name, value in os.environ.items() if name.startswith("PG")}
    for name in aside:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(aside)


@contextmanager
def _ending_politely() -> Iterator[None]:
    """Let a request to end (SIGTERM, a closed terminal) pass through `finally`, like Ctrl-C.

    By default such a signal ends Python on the spot, and the server would stay behind. A handler
    somebody else has set is left alone; only the main thread may set one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    wishes = [
        wish for wish in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(wish) is signal.SIG_DFL
    ]
    for wish in wishes:
        signal.signal(wish, _exit)
    try:
        yield
    finally:
        for wish in wishes:
            signal.signal(wish, signal.SIG_DFL)


def _exit(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  (what signal calls)
    raise SystemExit(128 + number)


def _normalised(text: str) -> str:
    """postgres://, postgresql:// and any driver become the one driver we use."""
    try:
        url = make_url(text)
        if "\0" in f"{url.username}{url.password}{url.host}{url.database}":
            raise ArgumentError("NUL")  # written as %00: no driver takes it
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise DatabaseUnavailable(
            "DATABASE_URL cannot be read; it looks like "
            "postgresql://user:password@host:5432/database"
        ) from None  # the cause may spell out the password
    if url.drivername.partition("+")[0] not in ("postgres", "postgresql"):
        raise DatabaseUnavailable(
            f"DATABASE_URL names a {url.drivername} database; Liftledger needs PostgreSQL 14 or "
            "later: postgresql://user:password@host:5432/database"
        )
    return url.set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)
