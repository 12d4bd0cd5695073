"""A database beside ours on the same server, for a program that keeps its own books (Prefect)."""

from psycopg2.errors import DuplicateDatabase
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from storage.database import connect, first_line
from storage.errors import DatabaseUnavailable

OFFERED = text("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = :name)")
EXISTS = text("SELECT EXISTS (SELECT FROM pg_database WHERE datname = :name)")
MAY_MAKE = text("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")


def obstacle(url: str, name: str, *, extension: str) -> str:
    """Why there can be no database `name` on the server of `url`, in words; empty where there can.

    extension: one that must be offered there      Raises DatabaseUnavailable.
    """
    engine = connect(url)
    try:
        with engine.connect() as connection:
            if not connection.scalar(OFFERED, {"name": extension}):
                return f"the server does not offer the extension {extension}"
            there = connection.scalar(EXISTS, {"name": name})
            if not there and not connection.scalar(MAY_MAKE):
                return f"the user may not make the database {name}"
            return ""
    finally:
        engine.dispose()


def neighbour(url: str, name: str, *, driver: str) -> str:
    """The URL of the database `name` on the server of `url`; it is made when it is not there.

    For where there is no `obstacle`.      driver: the one that the program connects with
    Raises DatabaseUnavailable.
    """
    engine = connect(url)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.scalar(EXISTS, {"name": name}):
                quoted = connection.dialect.identifier_preparer.quote_identifier(name)
                connection.execute(text(f"CREATE DATABASE {quoted}"))
    except DBAPIError as error:
        if not isinstance(error.orig, DuplicateDatabase):  # made by another just now: as good
            raise DatabaseUnavailable(
                f"no database {name} can be made beside ours: {first_line(error)}"
            ) from error
    finally:
        engine.dispose()
    address = make_url(url).set(drivername=f"postgresql+{driver}", database=name)
    ssl = address.query.get("sslmode")
    return address.set(query={"ssl": ssl} if ssl else {}).render_as_string(hide_password=False)
