"""One PostgreSQL cluster on disk, and the server over it: make, start, find, stop.

    cluster/data       what initdb makes
    cluster/password   of the only user, readable by the server's account alone
    server.log         what the server says; the log of the run before stands beside it

Nothing here takes a lock: storage.server holds one around every call. A server counts as running
when one answers on 127.0.0.1 to our password *and* names our folder as its own: a process id in a
file proves nothing, since numbers are used again and postmaster.pid outlives a crash.
"""

import os
import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg2

from storage.errors import DatabaseUnavailable
from storage.server_account import Account, programs
from storage.server_process import PATIENCE, end, spawn

USER = DATABASE = "liftledger"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may not be longer than about 100 letters
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}


@dataclass(frozen=True)
class Cluster:
    """folder: holds the cluster; log: where the server writes; account: who runs it."""

    folder: Path
    log: Path
    account: Account

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.folder / "data"

    def url(self, port: int) -> str:
        """The SQLAlchemy URL of our database on a running server."""
        return f"postgresql+psycopg2://{USER}:{self._password()}@127.0.0.1:{port}/{DATABASE}"

    def _password(self) -> str:
        return (self.folder / "password").read_text(encoding="ascii").strip()

    def create(self) -> None:
        """Make the cluster, all of it or nothing."""
        for half_done in self.folder.parent.glob("new-cluster-*"):
            shutil.rmtree(half_done)  # of a process that was killed: we hold the lock
        new = Path(tempfile.mkdtemp(prefix="new-cluster-", dir=self.folder.parent))
        try:
            self.account.give(new)
            password = new / "password"
            with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(secrets.token_hex(24))
            self.account.give(password)
            self._initdb(new / "data", password)
            new.rename(self.folder)
        finally:
            if new.is_dir():
                shutil.rmtree(new)

    def _initdb(self, data: Path, password: Path) -> None:
        command = [
            str(programs(self.account) / "initdb"),
            f"--pgdata={data}",
            f"--username={USER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # the same order of text on every machine, whatever its locales
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
        ]
        with self.log.open("wb") as log:
            process = spawn(command, log, self.account)
            try:
                failed = process.wait(PATIENCE)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)  # initdb and the server it feeds
                process.wait()
                raise
        if failed:
            place = self.folder.parent
            raise DatabaseUnavailable(f"cannot make a database in {place}: {self._said()}")

    def start(self, ports: Iterator[int]) -> int:
        """Start the server on the first of the ports that is free; return that port.

        Raises DatabaseUnavailable with what the server said last when it does not come up.
        """
        self._clear_stale_pid()
        if self.log.exists():
            self.log.replace(self.log.with_name("server.before.log"))
        tried: list[int] = []
        for port in ports:
            tried.append(port)
            if self._started(port):
                return port
        raise DatabaseUnavailable(
            f"the database in {self.folder} does not start (ports tried: "
            f"{', '.join(map(str, tried))}): {self._said()}; the whole log is {self.log}"
        )

    def _started(self, port: int) -> bool:
        command = [str(programs(self.account) / "postgres"), "-D", str(self.data), "-p", str(port)]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            process = spawn(command, log, self.account)
        try:
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline and process.poll() is None:
                if self._ready_port() == port and self._answers(port):
                    # reaped when it ends, whoever stops it: no zombie is left to a lazy init
                    threading.Thread(target=process.wait, daemon=True).start()
                    return True
                time.sleep(0.02)
            raise_late = process.poll() is None
        except BaseException:
            end(process.pid)
            process.wait()
            raise
        if raise_late:
            end(process.pid)
            process.wait()
            raise DatabaseUnavailable(
                f"the database in {self.folder} did not answer within {PATIENCE:.0f} seconds: "
                f"{self._said()}; the whole log is {self.log}"
            )
        return False

    def port(self) -> int | None:
        """The port on which *our* server answers, or None when it does not run.

        A server that is coming up or recovering is waited for.
        """
        deadline = time.monotonic() + PATIENCE
        while self._postmaster() is not None:
            port = self._ready_port()
            if port and self._answers(port):
                return port
            if time.monotonic() > deadline:
                raise DatabaseUnavailable(
                    f"the server over {self.folder} runs but does not answer: {self._said()}; "
                    f"the whole log is {self.log}"
                )
            time.sleep(0.05)
        return None

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, what was committed is on disk."""
        pid = self._postmaster()
        if pid is not None:
            end(pid)

    def _answers(self, port: int) -> bool:
        """Whether our own server listens there; makes our database on the first visit."""
        try:
            connection = psycopg2.connect(
                host="127.0.0.1",
                port=port,
                user=USER,
                password=self._password(),
                dbname="postgres",
                connect_timeout=10,
            )
        except psycopg2.OperationalError:
            return False  # nobody there, still starting, or a stranger who refuses us
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("show data_directory")
                (folder,) = cursor.fetchone() or ("",)
                if Path(folder).resolve() != self.data.resolve():
                    return False
                cursor.execute("select 1 from pg_database where datname = %s", (DATABASE,))
                if cursor.fetchone() is None:
                    cursor.execute(f"create database {DATABASE}")
            return True
        finally:
            connection.close()

    def _pid_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            return []

    def _ready_port(self) -> int | None:
        """The port postmaster.pid names once it says that connections are accepted."""
        lines = self._pid_lines()
        ready = len(lines) > 7 and lines[7].strip() == "ready" and lines[3].isdigit()
        return int(lines[3]) if ready else None

    def _postmaster(self) -> int | None:
        """The process id of the server over this folder, or None; never that of a stranger."""
        lines = self._pid_lines()
        if not lines or not lines[0].isdigit():
            return None
        try:
            process = psutil.Process(int(lines[0]))
            ours = str(self.data) in process.cmdline()
        except psutil.NoSuchProcess:
            return None
        return process.pid if ours else None

    def _clear_stale_pid(self) -> None:
        # the server itself refuses to start when the number now belongs to somebody else
        if self._postmaster() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _said(self) -> str:
        """The first complaint in the log, else its last line."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n")
        lines = [line.strip() for line in lines if line.strip()]
        complaints = [line for line in lines if " could not " in line or "FATAL" in line]
        complaints += [line for line in lines if "error:" in line]
        said = (complaints or lines[-1:] or ["it said nothing"])[0]
        return said.rpartition("] ")[2]
