"""The way to the database: an engine, a transaction, and tables that are up to date.

A transaction commits when its block ends and rolls back on any error; functions of this room
take its Session and never commit. Where two of them need the same lock, the order is: study or
panel first, audit log last; so one transaction holds one recorded action.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg2
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg2.errors import InsufficientPrivilege, UndefinedColumn, UndefinedTable
from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from storage.errors import DatabaseUnavailable, StorageError
from storage.json_values import canonical

OLDEST = 14  # major version of PostgreSQL
VERSION_TABLE = "liftledger_migrations"  # a user's own database may have an alembic_version
PATIENCE = 10  # seconds to wait for a connection
NUL = "cannot contain NUL"  # what the driver says of a text that no statement can hold

# The same text for the same value, whatever the server's or the user's defaults are.
SESSION_SETTINGS = (
    "SET client_encoding = 'UTF8'; SET timezone = 'UTC'; SET datestyle = 'ISO, YMD';"
    " SET extra_float_digits = 1; SET intervalstyle = 'iso_8601'"
)


def connect(url: str) -> Engine:
    """An engine whose connections are tested before use. Raises DatabaseUnavailable."""
    engine = create_engine(
        _address(url),
        pool_pre_ping=True,
        json_serializer=canonical,
        connect_args={"connect_timeout": PATIENCE, "application_name": "liftledger"},
    )
    event.listen(engine, "connect", _settle)
    try:
        with engine.connect() as connection:
            version = connection.dialect.server_version_info or (0,)
    except DBAPIError as error:
        engine.dispose()
        raise DatabaseUnavailable(
            f"the database {_place(engine.url)} does not answer: {first_line(error)}; "
            "is it running, and is DATABASE_URL right?"
        ) from error
    if version[0] < OLDEST:
        engine.dispose()
        raise DatabaseUnavailable(
            f"the database {_place(engine.url)} is PostgreSQL {version[0]}; "
            f"{OLDEST} or later is needed"
        )
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """All or nothing: commits at the end of the block, rolls back on any error.

    Raises DatabaseUnavailable when the database goes away in the middle, and StorageError when
    the tables are missing or not ours to write, or a text holds what no text there can.
    """
    try:
        with Session(engine) as session, session.begin():
            yield session
    except (DBAPIError, psycopg2.Error) as error:
        raise _explained(error, engine) from error
    except ValueError as error:
        if NUL not in str(error):
            raise
        raise StorageError(
            "a text holds a NUL character, which no text in PostgreSQL can; leave it out"
        ) from error


def migrate(url: str) -> None:
    """Bring the tables up to date. Two at once are safe: the second waits, then finds all done."""
    engine = connect(url)
    try:
        with engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_key(VERSION_TABLE))))
            command.upgrade(_migrations(connection), "head")
    except DBAPIError as error:
        raise _explained(error, engine) from error
    finally:
        engine.dispose()


def schema_state(url: str) -> tuple[str | None, str | None]:
    """(revision the tables are at, revision the code needs); None: no tables, no migrations."""
    engine = connect(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
            scripts = ScriptDirectory.from_config(_migrations(connection))
            return context.get_current_revision(), scripts.get_current_head()
    except DBAPIError as error:
        raise _explained(error, engine) from error
    finally:
        engine.dispose()


def lock(session: Session, name: str) -> None:
    """Until this transaction ends, no other passes this line with the same name."""
    session.execute(select(func.pg_advisory_xact_lock(_key(name))))


def try_lock(session: Session, name: str) -> bool:
    """The same without waiting: false when another is past this line."""
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(_key(name)))))


def first_line(error: BaseException) -> str:
    """What the database said, without the statement, its position and its hints."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    lines = str(cause).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(cause).__name__


def _migrations(connection: Connection) -> Config:
    """Alembic's settings, without a file, so that they are the same once installed."""
    package = find_spec("migrations")
    if package is None or package.origin is None:
        raise StorageError("the package migrations is not installed beside storage; install again")
    config = Config()
    config.set_main_option("script_location", str(Path(package.origin).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _key(name: str) -> ColumnElement[int]:
    """A lock's number: every name of ours begins with the same word, strangers' do not."""
    return func.hashtextextended(f"liftledger:{name}", 0)


def _settle(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(SESSION_SETTINGS)
    cursor.close()
    connection.commit()


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseUnavailable(
            "the address of the database cannot be read; DATABASE_URL must look like "
            "postgresql://user:password@host:5432/database"
        ) from None  # the cause spells out the password
    if address.get_backend_name() not in ("postgresql", "postgres"):
        raise DatabaseUnavailable(
            f"the database is {address.get_backend_name()}; PostgreSQL {OLDEST} or later is needed"
        )
    return address.set(drivername="postgresql+psycopg2")


def _place(url: URL) -> str:
    """Where the database is, without who asks and by which password."""
    return f"{url.database or 'postgres'} at {url.host or 'this machine'}:{url.port or 5432}"


def _explained(error: BaseException, engine: Engine) -> StorageError:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(cause, UndefinedTable | UndefinedColumn):
        return StorageError(
            f"{first_line(cause)}: the tables in {_place(engine.url)} are not up to date; "
            "`liftledger doctor` says how to mend it"
        )
    if isinstance(cause, InsufficientPrivilege):
        return StorageError(
            f"{first_line(cause)}: the user of DATABASE_URL may not do this in "
            f"{_place(engine.url)}; grant it, or use a database of its own"
        )
    if isinstance(cause, psycopg2.OperationalError | psycopg2.InterfaceError) or (
        isinstance(cause, psycopg2.DatabaseError) and cause.pgcode is None
    ):
        return DatabaseUnavailable(
            f"the database {_place(engine.url)} stopped answering: {first_line(cause)}; "
            "nothing of this step was saved, run it again"
        )
    return StorageError(
        f"the database refused this step, nothing of it was saved: {first_line(cause)}"
    )
