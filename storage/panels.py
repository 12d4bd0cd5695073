"""Pulling a panel: from an ingested panel, or any relation or query of the user's, to rows.

One COPY statement reads all rows, so the read is consistent however others write meanwhile. What
is the user's own is read as storage.sources has it.
"""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.copying import LABEL, copy_out, raw
from storage.errors import InvalidSource, UnknownPanel
from storage.labels import resolve
from storage.relations import (
    find_relation,
    known_covariates,
    known_panels,
)
from storage.rows import build, exclude, to_panel
from storage.sources import query_alone, read_only, refusing, relation_named
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


def pull(session: Session, source: str | Source, *, untreated: bool = False) -> pd.DataFrame:
    """The rows of a panel (see storage.rows).

    source: name of an ingested panel, else of a relation; or a relation or query with the names
        of its columns
    untreated: a calendar says what was treated: a source without treatment is unknown there (nan)
    Raises UnknownPanel, or InvalidSource naming what is missing, of the wrong type, or refused.
    """
    with read_only(session):
        if isinstance(source, str):
            where, query, columns = _named(session, source)
        elif source.relation is not None:
            where = f"relation {source.relation}"
            query = relation_named(session, source.relation)
            columns = source.columns
        else:
            where, columns = "the query", source.columns
            query = query_alone(session, source.query or "")
        return _pulled(session, where, query, columns, untreated=untreated)


def _pulled(
    session: Session, where: str, query: sql.Composable, columns: Columns, *, untreated: bool
) -> pd.DataFrame:
    with refusing(where), raw(session).cursor() as cursor:
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
    with refusing(where):
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
