"""Pulling a panel: from an ingested panel, or any relation or query of the user's, to rows.

One COPY statement reads all rows, so the read is consistent however others write meanwhile. It
runs in a savepoint that is READ ONLY, which a query cannot undo. Names are quoted; a query is
first opened by itself as a cursor, which proves that it is one statement that returns rows, and
only then put in parentheses.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pandas as pd
import psycopg2
import psycopg2.errors
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.copying import LABEL, copy_out, raw
from storage.database import first_line
from storage.errors import InvalidSource, UnknownPanel
from storage.labels import resolve
from storage.relations import (
    find_relation,
    known_covariates,
    known_panels,
    known_relations,
)
from storage.rows import build, exclude, to_panel
from studies import Columns
from studies.panels import Source

__all__ = ["exclude", "pull", "to_panel"]

WHOLE = ("int2", "int4", "int8")
NUMBERS = (*WHOLE, "float4", "float8", "numeric")
PERIODS = (*NUMBERS, "text", "varchar", "bpchar", "date", "timestamp", "timestamptz")
ALLOWED = {
    "outcome": (NUMBERS, "numbers"),
    "treatment": ((*NUMBERS, "bool"), "0 and 1, or true and false"),
    "period": (PERIODS, "whole numbers, dates or text"),
    "covariate": ((*NUMBERS, "bool"), "numbers, or true and false"),
}

OPEN_ALONE = """
DO $$ DECLARE rows refcursor; BEGIN
    OPEN rows FOR EXECUTE current_setting('liftledger.query'); CLOSE rows;
END $$
"""


def pull(session: Session, source: str | Source, *, untreated: bool = False) -> pd.DataFrame:
    """The rows of a panel (see storage.rows).

    source: name of an ingested panel, else of a relation; or a relation or query with the names
        of its columns
    untreated: a calendar says what was treated: a source without treatment is unknown there (nan)
    Raises UnknownPanel, or InvalidSource naming what is missing, of the wrong type, or refused.
    """
    with _read_only(session):
        if isinstance(source, str):
            where, query, columns = _named(session, source)
        elif source.relation is not None:
            where = f"relation {source.relation}"
            query = _relation(session, source.relation)
            columns = source.columns
        else:
            where, columns = "the query", source.columns
            query = _query(session, source.query or "")
        return _pulled(session, where, query, columns, untreated=untreated)


def _pulled(
    session: Session, where: str, query: sql.Composable, columns: Columns, *, untreated: bool
) -> pd.DataFrame:
    with _refusing(where), raw(session).cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {} AS panel LIMIT 0").format(query))
        described = cursor.description or ()
        present = [column.name for column in described]
        codes = {column.name: column.type_code for column in described}
    names = resolve(columns, present, where, InvalidSource, untreated=untreated)
    types = _types(session, list(codes.values()))
    for name, role in _roles(names):
        allowed, wanted = ALLOWED[role]
        if types[codes[name]] not in allowed:
            raise InvalidSource(
                f"{where}: column {name!r} (the {role}) holds {types[codes[name]]}, "
                f"but must hold {wanted}; cast it, or name another column"
            )
    treatment = (
        _number(names.treatment, types[codes[names.treatment]])
        if names.treatment
        else sql.SQL("NULL::float8")
    )
    selected = sql.SQL("SELECT {}::text, {}::text, {}::float8, {} FROM {} AS panel").format(
        sql.Identifier(names.unit),
        sql.Identifier(names.period),
        sql.Identifier(names.outcome),
        sql.SQL(", ").join(
            [treatment, *(_number(name, types[codes[name]]) for name in names.covariates)]
        ),
        query,
    )
    kinds = {"unit": LABEL, "period": LABEL, "outcome": pa.float64(), "treatment": pa.float64()}
    covariates = dict.fromkeys(names.covariates, pa.float64())
    with _refusing(where):
        table = copy_out(session, selected, kinds | covariates)
    _refuse_unlabelled(table, where, names)
    unit, period, outcome, treatment = (table[name] for name in kinds)
    return build(unit, period, outcome, treatment, {name: table[name] for name in covariates})


def _named(session: Session, name: str) -> tuple[str, sql.Composable, Columns]:
    """An ingested panel of that name, else a relation of that name."""
    known = known_panels(session)
    if name in known:
        covariates = known_covariates(session, name)
        query = sql.SQL("(SELECT {} FROM outcomes WHERE panel = {})").format(
            sql.SQL(", ").join(
                [
                    sql.SQL("unit, period, outcome, treatment"),
                    *(
                        sql.SQL("covariates[{}] AS {}").format(
                            sql.Literal(place), sql.Identifier(covariate)
                        )
                        for place, covariate in enumerate(covariates, start=1)
                    ),
                ]
            ),
            sql.Literal(name),
        )
        return f"panel {name}", query, Columns(covariates=tuple(covariates))
    relation = find_relation(session, name)
    if relation is None:
        raise UnknownPanel(
            f"no panel was ingested as {name!r}, and no relation has that name; ingested: "
            f"{', '.join(known) or 'none'}. `liftledger ingest FILE --panel NAME` brings one in"
        )
    return f"relation {name}", relation, Columns()


def _relation(session: Session, name: str) -> sql.Composable:
    relation = find_relation(session, name)
    if relation is None:
        raise InvalidSource(
            f"no relation {name!r} in the database; there are: "
            f"{', '.join(known_relations(session, name)) or 'none'}"
        )
    return relation


def _query(session: Session, query: str) -> sql.Composable:
    """The user's query in parentheses, once it has been opened alone.

    Text that PostgreSQL reads as exactly one statement has closed all its quotes, comments and
    parentheses, so nothing in it can reach beyond the parentheses put around it.
    """
    query = query.strip().rstrip(";")
    if "\0" in query:
        raise InvalidSource("the query holds a NUL character; no SQL does")
    session.execute(text("SELECT set_config('liftledger.query', :query, true)"), {"query": query})
    with _refusing("the query"), raw(session).cursor() as cursor:
        cursor.execute(OPEN_ALONE)
    return sql.SQL("(\n{}\n)").format(sql.SQL(query))  # a line of its own: it may end in a comment


@contextmanager
def _read_only(session: Session) -> Iterator[None]:
    """Until the block ends nothing can be written; the transaction around it still can."""
    with session.begin_nested():
        session.execute(text("SET TRANSACTION READ ONLY"))
        yield


@contextmanager
def _refusing(where: str) -> Iterator[None]:
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


def _types(session: Session, codes: Sequence[int]) -> dict[int, str]:
    """Names of types, behind their domains."""
    found = session.execute(
        text("SELECT oid::bigint, typname FROM pg_type WHERE oid = ANY(CAST(:codes AS oid[]))"),
        {"codes": list(codes)},
    )
    return {row.oid: row.typname for row in found}


def _roles(names: Columns) -> list[tuple[str, str]]:
    """Columns whose type matters, each with the role it plays."""
    single = [(getattr(names, role), role) for role in ("outcome", "treatment", "period")]
    single = [(name, role) for name, role in single if name]
    return [*single, *((name, "covariate") for name in names.covariates)]


def _number(name: str, kind: str) -> sql.Composable:
    through = "::int::float8" if kind == "bool" else "::float8"
    return sql.Identifier(name) + sql.SQL(through)


def _refuse_unlabelled(table: pa.Table, where: str, names: Columns) -> None:
    if table.num_rows == 0:
        raise InvalidSource(f"{where} has no rows; is it the right one?")
    for role in ("unit", "period"):
        if empty := table[role].null_count:
            first = pc.index(pc.is_null(table[role]), True).as_py()
            other = "period" if role == "unit" else "unit"
            raise InvalidSource(
                f"{where}: column {getattr(names, role)!r} (the {role}) is empty in {empty} of "
                f"{table.num_rows} rows, first where the {other} is {table[other][first]}; "
                "leave these rows out or label them"
            )
