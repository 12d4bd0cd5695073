"""A database beside ours on the same server, for a program that keeps its own books (Prefect)."""

from psycopg2.errors import DuplicateDatabase, InsufficientPrivilege
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from storage.database import connect, first_line
from storage.errors import DatabaseUnavailable

OFFERED = text("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = :name)")
EXISTS = text("SELECT EXISTS (SELECT FROM pg_database WHERE datname = :name)")


def neighbour(url: str, name: str, *, extension: str, driver: str) -> str | None:
    """The URL of the database `name` on the server of `url`; it is made when it is not there.

    extension: one the program cannot do without      driver: the one it connects with
    None when the server does not offer the extension, or we may not make a database there.
    Raises DatabaseUnavailable.
    """
    engine = connect(url)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.scalar(OFFERED, {"name": extension}):
                return None
            if not connection.scalar(EXISTS, {"name": name}):
                quoted = connection.dialect.identifier_preparer.quote_identifier(name)
                connection.execute(text(f"CREATE DATABASE {quoted}"))
    except DBAPIError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            return None
        if not isinstance(error.orig, DuplicateDatabase):  # made by another just now: as good
            raise DatabaseUnavailable(
                f"no database {name} can be made beside ours: {first_line(error)}"
            ) from error
    finally:
        engine.dispose()
    address = make_url(url).set(drivername=f"postgresql+{driver}", database=name)
    ssl = address.query.get("sslmode")
    return address.set(query={"ssl": ssl} if ssl else {}).render_as_string(hide_password=False)
