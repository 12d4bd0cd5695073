"""Where the Prefect server of `liftledger up` keeps its books.

PREFECT_SERVER_DATABASE_CONNECTION_URL      where that says
otherwise a database `prefect` beside ours, if the server of DATABASE_URL offers pg_trgm, without
    which Prefect's tables cannot be made, and we may make a database there
otherwise SQLite, a file of the home folder: the embedded server comes without pg_trgm
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from storage.neighbours import neighbour, obstacle

VARIABLE = "PREFECT_SERVER_DATABASE_CONNECTION_URL"
NAME, NEEDED, DRIVER = "prefect", "pg_trgm", "asyncpg"


@dataclass(frozen=True)
class Books:
    """where: for people, without any password      url: makes the database where it is not there"""

    where: str
    url: Callable[[], str]


def books_of_prefect(url: str, home: Path) -> Books:
    """Where they are, or would be; nothing is made yet. Raises DatabaseUnavailable.

    url: of our database      home: Prefect's folder
    """
    if given := os.environ.get(VARIABLE):
        return Books(f"what {VARIABLE} names", lambda: given)
    why_not = obstacle(url, NAME, extension=NEEDED)
    if not why_not:
        return Books(
            f"PostgreSQL, the database {NAME} beside ours",
            lambda: neighbour(url, NAME, driver=DRIVER),
        )
    file = home / "prefect.db"
    return Books(f"SQLite, {file} ({why_not})", lambda: f"sqlite+aiosqlite:///{file}")
