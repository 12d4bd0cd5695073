"""Reading what is the user's own: a relation or a query, which may read and nothing else.

It runs in a savepoint that is READ ONLY, which a query cannot undo. Names are quoted; a query is
first opened by itself as a cursor, which proves that it is one statement that returns rows, and
only then put in parentheses.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import psycopg2.errors
from psycopg2 import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.copying import raw
from storage.database import first_line
from storage.errors import InvalidSource
from storage.relations import find_relation, known_relations

OPEN_ALONE = """
DO $$ DECLARE rows refcursor; BEGIN
    OPEN rows FOR EXECUTE current_setting('liftledger.query'); CLOSE rows;
END $$
"""


def relation_named(session: Session, name: str) -> sql.Composable:
    """A relation of the user's, quoted. Raises InvalidSource, naming those there are."""
    relation = find_relation(session, name)
    if relation is None:
        raise InvalidSource(
            f"no relation {name!r} in the database; there are: "
            f"{', '.join(known_relations(session, name)) or 'none'}"
        )
    return relation


def query_alone(session: Session, query: str) -> sql.Composable:
    """The user's query in parentheses, once it has been opened alone.

    Text that PostgreSQL reads as exactly one statement has closed all its quotes, comments and
    parentheses, so nothing in it can reach beyond the parentheses put around it. Raises
    InvalidSource.
    """
    query = query.strip().rstrip(";")
    if "\0" in query:
        raise InvalidSource("the query holds a NUL character; no SQL does")
    session.execute(text("SELECT set_config('liftledger.query', :query, true)"), {"query": query})
    with refusing("the query"), raw(session).cursor() as cursor:
        cursor.execute(OPEN_ALONE)
    return sql.SQL("(\n{}\n)").format(sql.SQL(query))  # a line of its own: it may end in a comment


@contextmanager
def read_only(session: Session) -> Iterator[None]:
    """Until the block ends nothing can be written; the transaction around it still can."""
    with session.begin_nested():
        session.execute(text("SET TRANSACTION READ ONLY"))
        yield


@contextmanager
def refusing(where: str) -> Iterator[None]:
    """What the database says about the user's relation or query, as one clear line."""
    try:
        yield
    except (psycopg2.OperationalError, psycopg2.InterfaceError):
        raise  # the database is in trouble, not the query
    except psycopg2.errors.ReadOnlySqlTransaction as error:
        raise InvalidSource(
            f"{where} would write ({first_line(error)}); it may only read"
        ) from error
    except psycopg2.errors.InvalidCursorDefinition as error:
        raise InvalidSource(
            f"{where} must be one SELECT that returns rows: {first_line(error)}"
        ) from error
    except psycopg2.Error as error:
        if error.pgcode is None:
            raise
        raise InvalidSource(f"{where} cannot be read: {first_line(error)}") from error
