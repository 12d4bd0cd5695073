"""The seal of a row: one hash over every value of it and of all that hangs on it.

    line(row) = table, a blank, {"column":"text",...}     columns by name, without what is null
    seal(row) = SHA-256 of the SHA-256s, in hex, sorted and joined, of its line and its parts'

A value's text is PostgreSQL's own: a number as short as it reads back, JSON as it was written, a
time in UTC to the microsecond, true or false; of bytes, the SHA-256 in hex. What is null has no
text, so that a column added later, which is null in the rows from before, leaves their seals alone.

The database computes seals, by built-in functions only: whoever replaces a function of ours
changes nothing. `text_line` is the slow, obvious twin, and what an export is checked with.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Column, DateTime, LargeBinary, text
from sqlalchemy.orm import Session

from storage.trail.evidence import key_columns, table, tree

TIME = "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
SHA256 = "encode(sha256(convert_to({0}, 'UTF8')), 'hex')"


def of_row(session: Session, root: str, key: Sequence[object]) -> str:
    """The seal of one row with entries. Raises LookupError when it is not there."""
    names = key_columns(root)
    where = " AND ".join(f'root."{name}" = :key_{i}' for i, name in enumerate(names))
    parameters = {f"key_{i}": value for i, value in enumerate(key)}
    query = text(f"SELECT seal FROM ({query_of(root, where)}) AS seals")  # noqa: S608
    found = session.scalar(query, parameters)
    if found is None:
        raise LookupError(f"no row {key_text(key)} in {root}")
    return str(found)


def key_text(key: Sequence[object]) -> str:
    """A primary key as the log names it: as PostgreSQL writes a JSON array."""
    return json.dumps(list(key), ensure_ascii=False)


def query_of(root: str, where: str = "true") -> str:
    """SQL: (key, seal) of the rows of a table with entries, or of those of `root` it asks for."""
    parts = " UNION ALL ".join(_lines(root, name, way, where) for name, way in tree(root))
    hashes = SHA256.format("string_agg(hash, '' ORDER BY hash COLLATE \"C\")")
    return f"SELECT key, {hashes} AS seal FROM ({parts}) AS lines GROUP BY key"  # noqa: S608


def line_of(name: str, alias: str) -> str:
    """SQL: the line of a row."""
    pairs = ", ".join(
        f"'{column.name}', {text_of(column, alias)}"
        for column in sorted(table(name).columns, key=lambda column: column.name)
    )
    return f"'{name} ' || json_strip_nulls(json_build_object({pairs}))::text"


def key_of(root: str, alias: str) -> str:
    """SQL: the primary key of a row, as the log names it."""
    columns = ", ".join(f'{alias}."{name}"' for name in key_columns(root))
    return f"json_build_array({columns})::text"


def text_line(name: str, row: Mapping[str, str]) -> str:
    """The line of a row whose values are texts."""
    return f"{name} " + json.dumps(
        dict(sorted(row.items())), separators=(",", ":"), ensure_ascii=False
    )


def of_lines(lines: Iterable[str]) -> str:
    """The seal of a row from its own line and those of its parts."""
    hashes = sorted(hashlib.sha256(line.encode()).hexdigest() for line in lines)
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def joined(root: str, way: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """SQL: (FROM a table on its way to the root, called `root`; alias of the table)."""
    if not way:
        return f"{root} AS root", "root"
    source = f"{way[0][0]} AS step_0"
    for i, (_, column) in enumerate(way):
        last = i + 1 == len(way)
        target, alias = (root, "root") if last else (way[i + 1][0], f"step_{i + 1}")
        (key,) = key_columns(target)
        source += f' JOIN {target} AS {alias} ON {alias}."{key}" = step_{i}."{column}"'
    return source, "step_0"


def _lines(root: str, name: str, way: Sequence[tuple[str, str]], where: str) -> str:
    source, alias = joined(root, way)
    hashed = SHA256.format(line_of(name, alias))
    return f"SELECT {key_of(root, 'root')} AS key, {hashed} AS hash FROM {source} WHERE {where}"  # noqa: S608


def text_of(column: "Column[object]", alias: str) -> str:
    """SQL: the text of a value."""
    value = f'{alias}."{column.name}"'
    if isinstance(column.type, LargeBinary):
        return f"encode(sha256({value}), 'hex')"
    if isinstance(column.type, DateTime):
        return TIME.format(value)
    return f"{value}::text"
