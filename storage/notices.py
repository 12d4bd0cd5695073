"""The database says that something may have become due: nobody has to ask all the time.

    NOTIFY liftledger, 'sales';      what a loader of tables of one's own sends when it is done

Tables of ours send them by trigger (migration 0018): panels, plans, promotions, asked runs. A
notice is no promise and carries nothing: it is lost when nobody listens, and whoever hears one
looks for himself.
"""

import select
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import cast

import psycopg2
import psycopg2.extensions
from sqlalchemy.exc import DBAPIError

from storage.database import connect, first_line
from storage.errors import DatabaseUnavailable

CHANNEL = "liftledger"


class Notices:
    """An open ear."""

    def __init__(self, connection: psycopg2.extensions.connection) -> None:
        self._connection = connection

    def wait(self, seconds: float) -> set[str]:
        """What was said since the last time; as soon as anything is, or after so many seconds.

        Raises DatabaseUnavailable.
        """
        try:
            self._connection.poll()
            if not self._connection.notifies:
                select.select([self._connection], [], [], seconds)
                self._connection.poll()
        except psycopg2.Error as error:
            raise DatabaseUnavailable(
                f"the database stopped answering while it was listened to: {first_line(error)}"
            ) from error
        said = {notice.payload for notice in self._connection.notifies}
        self._connection.notifies.clear()
        return said


@contextmanager
def listening(url: str) -> Iterator[Notices]:
    """Nothing that is said within this block is missed. Raises DatabaseUnavailable."""
    engine = connect(url)
    try:
        pooled = engine.raw_connection()
        pooled.detach()  # it is ours alone: nothing tidies it up once it is broken
        raw = cast(psycopg2.extensions.connection, pooled.dbapi_connection)
    except DBAPIError as error:
        raise DatabaseUnavailable(f"nobody can be listened to: {first_line(error)}") from error
    finally:
        engine.dispose()
    with closing(raw):
        raw.autocommit = True
        with raw.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        yield Notices(raw)
