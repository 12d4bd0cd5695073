"""Processes of the embedded server: how one is started, where it may listen, how it ends."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from typing import IO

import psutil

from storage.errors import DatabaseUnavailable
from storage.server_account import Account

PATIENCE = 60.0  # seconds a start, a recovery after a crash or a stop may take


def spawn(command: list[str], log: IO[bytes], account: Account) -> subprocess.Popen[bytes]:
    """Start a program as the account, with its output in the log and none of our settings."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "LC_")) and name != "LANG"
    }
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,  # a file: a pipe would stay open as long as the server
        stderr=log,
        cwd="/",  # the account may not be allowed to stand where we stand
        env=environment | {"LC_ALL": "C"},
        start_new_session=True,  # Ctrl-C in the terminal is for us, not for the server
        **account.popen,
    )


def free_ports(count: int = 5) -> Iterator[int]:
    """Ports of 127.0.0.1 that were free a moment ago; another program may be faster."""
    for _ in range(count):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        yield port


def end(pid: int) -> None:
    """Fast shutdown, and the immediate one when that takes too long."""
    try:
        process = psutil.Process(pid)
        for wish in (signal.SIGINT, signal.SIGQUIT):
            process.send_signal(wish)
            try:
                process.wait(PATIENCE)
            except psutil.TimeoutExpired:
                continue
            return
    except psutil.NoSuchProcess:
        return
    raise DatabaseUnavailable(f"the server (process {pid}) does not stop; end it by hand")
