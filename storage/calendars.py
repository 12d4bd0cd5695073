"""A promotion calendar from a file, a relation or a query: rows of text, and what they promote.

    promotion, unit, start, end      in every row: one row per promotion and unit, or several units
                                     in one, with | between them
    product, segment                 what and to whom, several with |; empty: all
    actual_start, actual_end         how it went, once known; start and end are then as planned
    planned_start, planned_end       or the other way round: start and end are then how it went
    cancelled                        true or false; empty: false

All rows of a promotion have the same dates. Every mistake is said with its line, and one mistake
keeps all of it out.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from psycopg2 import sql
from pydantic import ValidationError
from sqlalchemy.orm import Session

from estimators.core.panel import listed
from storage.copying import copy_out, raw
from storage.errors import InvalidFile
from storage.files import read_csv
from storage.sources import query_alone, read_only, refusing, relation_named
from studies.promotions import Promotion

NEEDED = ("promotion", "unit", "start", "end")
PLANNED, ACTUAL = ("planned_start", "planned_end"), ("actual_start", "actual_end")
KNOWN = (*NEEDED, "product", "segment", *PLANNED, *ACTUAL, "cancelled")
TRUTH = {"": False, "false": False, "f": False, "no": False, "0": False,
         "true": True, "t": True, "yes": True, "1": True}  # fmt: skip
SEVERAL = "|"
SAID = 20  # mistakes spelled out

Row = Mapping[str, str]


def read_file(path: Path) -> list[Promotion]:
    """The promotions of a CSV file. Raises InvalidFile, one line per mistake."""
    return promotions_in(_rows(read_csv(path)), str(path), "line", 2)


def pull(session: Session, *, relation: str = "", query: str = "") -> list[Promotion]:
    """The promotions of a relation or a query. Raises InvalidSource, and InvalidFile as above."""
    where = f"relation {relation}" if relation else "the query"
    with read_only(session), refusing(where):
        source = relation_named(session, relation) if relation else query_alone(session, query)
        with raw(session).cursor() as cursor:
            cursor.execute(sql.SQL("SELECT * FROM {} AS calendar LIMIT 0").format(source))
            names = [column.name for column in cursor.description or ()]
        texts = sql.SQL(", ").join(
            sql.SQL("{}::text").format(sql.Identifier(name)) for name in names
        )
        selected = sql.SQL("SELECT {} FROM {} AS calendar").format(texts, source)
        table = copy_out(session, selected, dict.fromkeys(names, pa.string()))
    return promotions_in(_rows(table), where, "row", 1)


def promotions_in(rows: Sequence[Row], where: str, count: str, first: int) -> list[Promotion]:
    """The promotions that these rows describe, in the order of their first rows.

    where, count, first: what the rows come from, what each is called, and the number of the first
    Raises InvalidFile, one line per mistake.
    """
    if not rows:
        raise InvalidFile(f"{where}: a calendar without rows; nothing was changed")
    _refuse_columns(rows[0], where)
    found: dict[str, _Gathered] = {}
    wrong: list[str] = []
    for number, row in enumerate(rows, start=first):
        line = f"{count} {number}"
        try:
            one = _promotion(row)
        except ValidationError as error:
            wrong += [f"{where}: {line}: {text}" for text in _texts(error)]
            continue
        except ValueError as error:
            wrong.append(f"{where}: {line}: {error}")
            continue
        gathered = found.setdefault(one.promotion, _Gathered(one, line))
        wrong += [f"{where}: {line}: {text}" for text in gathered.add(one, line)]
    if wrong:
        more = [f"{where}: and {len(wrong) - SAID} more"] if len(wrong) > SAID else []
        raise InvalidFile(*wrong[:SAID], *more, f"{where}: nothing was changed")
    return [one.promotion() for one in found.values()]


class _Gathered:
    """The rows of one promotion so far: where it is, and in which row each unit was said."""

    def __init__(self, one: Promotion, line: str) -> None:
        self.one, self.line = one, line
        self.units: list[str] = []
        self.products: list[str] = []
        self.segments: list[str] = []
        self.seen: dict[tuple[str, str, str], str] = {}

    def add(self, one: Promotion, line: str) -> Iterable[str]:
        """Take a row; what is wrong with it beside the others."""
        for name in ("start", "end", "actual_start", "actual_end", "cancelled"):
            mine, other = getattr(one, name), getattr(self.one, name)
            if mine != other:
                yield (
                    f"{name} of {one.promotion} is {_said(mine)} here and {_said(other)} in "
                    f"{self.line}; units with other dates are another promotion"
                )
        if bool(one.products) != bool(self.one.products):
            yield f"{one.promotion} names products here or in {self.line}, but not in both"
        if bool(one.segments) != bool(self.one.segments):
            yield f"{one.promotion} names segments here or in {self.line}, but not in both"
        for unit in one.units:
            for product in one.products or ("",):
                for segment in one.segments or ("",):
                    if before := self.seen.get((unit, product, segment)):
                        yield f"{one.promotion} in {unit} is there already, in {before}"
                    self.seen[unit, product, segment] = line
        for mine, new in (
            (self.units, one.units), (self.products, one.products), (self.segments, one.segments)
        ):  # fmt: skip
            mine += [label for label in new if label not in mine]

    def promotion(self) -> Promotion:
        """All rows as one."""
        listed_so = {"units": self.units, "products": self.products, "segments": self.segments}
        return Promotion.model_validate(self.one.model_dump() | listed_so)


def _promotion(row: Row) -> Promotion:
    """One row as a promotion of its units. Raises ValueError."""
    if empty := [name for name in NEEDED if not row[name]]:
        raise ValueError(f"{', '.join(empty)} {'is' if len(empty) == 1 else 'are'} empty")
    cancelled = row.get("cancelled", "").lower()
    if cancelled not in TRUTH:
        raise ValueError(f"cancelled: true or false, not {row['cancelled']!r}")
    given: dict[str, Any] = {
        "promotion": row["promotion"],
        "units": _several(row["unit"]),
        "products": _several(row.get("product", "")),
        "segments": _several(row.get("segment", "")),
        "cancelled": TRUTH[cancelled],
    }
    for name, planned, actual in zip(("start", "end"), PLANNED, ACTUAL, strict=True):
        if row.get(planned):
            given[name], given[actual] = row[planned], row[name]
        else:
            given[name], given[actual] = row[name], row.get(actual) or None
    return Promotion.model_validate(given)


def _refuse_columns(row: Row, where: str) -> None:
    names = list(row)
    if missing := [name for name in NEEDED if name not in names]:
        raise InvalidFile(
            f"{where} has no column {' and no column '.join(missing)}; a calendar has "
            f"{', '.join(NEEDED)}, it has: {', '.join(names)}"
        )
    if unknown := [name for name in names if name not in KNOWN]:
        raise InvalidFile(
            f"{where}: no calendar has the column {listed(unknown)}; known are {', '.join(KNOWN)}"
        )
    if any(name in names for name in PLANNED) and any(name in names for name in ACTUAL):
        raise InvalidFile(
            f"{where}: give {' and '.join(PLANNED)}, or {' and '.join(ACTUAL)}, not both: start "
            "and end are the other pair"
        )


def _rows(table: pa.Table) -> list[dict[str, str]]:
    """Rows of text without blanks around it; what is not there is empty."""
    return [
        {name: (value or "").strip() for name, value in row.items()} for row in table.to_pylist()
    ]


def _several(text: str) -> list[str]:
    return [part.strip() for part in text.split(SEVERAL) if part.strip()]


def _texts(error: ValidationError) -> Iterable[str]:
    """What is wrong with a row, by column."""
    for mistake in error.errors(include_url=False):
        column = str(mistake["loc"][0]) if mistake["loc"] else ""
        text = mistake["msg"].removeprefix("Value error, ")
        given = f", not {mistake['input']!r}" if isinstance(mistake["input"], str | int) else ""
        yield f"{column}: {text}{given}" if column else text


def _said(value: object) -> str:
    if value is None:
        return "not given"
    return str(value).lower() if isinstance(value, bool) else str(value)
