"""One piece of work on the database, on a connection of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from storage.database import connect, transaction


@contextmanager
def ledger(url: str) -> Iterator[Session]:
    """One transaction; the connection is closed after it. Raises as connect and transaction do.

    For callers that do one thing and may do it again much later, or on another thread: nothing is
    kept open between two pieces of work, so a database that was away in between is no matter.
    """
    engine = connect(url)
    try:
        with transaction(engine) as session:
            yield session
    finally:
        engine.dispose()
