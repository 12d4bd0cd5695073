"""A port of this machine, taken before anything else is done for it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from liftledger.ending import Failure


@contextmanager
def listening_at(port: int, option: str = "--port") -> Iterator[socket.socket]:
    """The server's socket, bound here first: a port that is taken is known before anything runs."""
    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise Failure(
            f"port {port} is taken: {error.strerror or error}; choose another with {option}"
        ) from error
    with listening:
        yield listening
