"""Reading a panel from a file: CSV with comma or semicolon, or Parquet, to rows.

Nothing is guessed: text where a number belongs is refused with its line, and so is a comma as
decimal mark. Empty, NA and null mean "not observed"; nan and inf are numbers someone wrote, which
the checks refuse.
"""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from storage.copying import LABEL
from storage.errors import InvalidFile
from storage.labels import resolve
from storage.rows import build
from studies import Columns

MISSING = ("", "NA", "N/A", "na", "NULL", "null", ".")
TRUTH = {"true": "1", "t": "1", "yes": "1", "false": "0", "f": "0", "no": "0"}
NUMBER = r"(?i)^[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|nan|inf|infinity)$"


def read_file(path: Path, columns: Columns, *, untreated: bool = False) -> pd.DataFrame:
    """The rows of a file (see storage.rows), in the order of its lines.

    untreated: a file without treatment is welcome; its treatment is then unknown (nan)
    Raises InvalidFile naming the columns that exist, or the lines at fault.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".txt", ".parquet", ".pq"):
        raise InvalidFile(f"{path}: must be a .csv or .parquet file")
    if suffix in (".parquet", ".pq"):
        return rows_of(_parquet(path), path, columns, first_line=1, untreated=untreated)
    return rows_of(read_csv(path), path, columns, untreated=untreated)


def rows_of(
    table: pa.Table,
    path: Path,
    columns: Columns,
    first_line: int = 2,
    *,
    untreated: bool = False,
) -> pd.DataFrame:
    """The rows of a table that was read from this file. Raises InvalidFile as read_file does."""
    names = resolve(columns, table.column_names, str(path), InvalidFile, untreated=untreated)
    if table.num_rows == 0:
        raise InvalidFile(f"{path}: has column names but no rows")
    read = _Reader(path, table, first_line)
    return build(
        read.labels(names.unit, "unit"),
        read.labels(names.period, "period"),
        read.numbers(names.outcome, "outcome"),
        read.numbers(names.treatment, "treatment") if names.treatment else read.unknown(),
        {name: read.numbers(name, "covariate") for name in names.covariates},
    )


class _Reader:
    """One file's columns, and the line each value stands in."""

    def __init__(self, path: Path, table: pa.Table, first_line: int) -> None:
        self.path, self.table, self.first_line = path, table, first_line

    def labels(self, name: str, role: str) -> pa.ChunkedArray:
        """Labels coded by dictionary; an empty one is refused."""
        kind = self.table[name].type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind):
            raise InvalidFile(f"{self.path}: column {name!r} (the {role}) holds {kind}, no labels")
        texts = pc.utf8_trim_whitespace(self.table[name].cast(pa.string()))
        empty = pc.or_kleene(pc.is_null(texts), pc.equal(texts, ""))
        self._refuse(empty, f"{name!r} (the {role}) is empty", None, "label these rows")
        return texts.cast(LABEL)

    def numbers(self, name: str, role: str) -> pa.ChunkedArray:
        """float64, null where missing; text is refused."""
        column = self.table[name]
        if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            try:
                return column.cast(pa.float64(), safe=False)
            except pa.ArrowException as error:
                raise InvalidFile(
                    f"{self.path}: column {name!r} (the {role}) holds {column.type}, no numbers"
                ) from error
        texts = pc.utf8_trim_whitespace(column.cast(pa.string()))
        texts = pc.if_else(pc.is_in(texts, pa.array(MISSING)), pa.scalar(None, pa.string()), texts)
        if role != "outcome":
            for word, number in TRUTH.items():
                texts = pc.if_else(pc.equal(pc.utf8_lower(texts), word), number, texts)
        bad = pc.invert(pc.match_substring_regex(texts, NUMBER))
        self._refuse(
            pc.fill_null(bad, False),
            f"{name!r} (the {role}) is not a number",
            texts,
            "write numbers with a point as decimal mark, and nothing where there is none",
        )
        return texts.cast(pa.float64())

    def unknown(self) -> pa.ChunkedArray:
        """float64, null in every row: of a file that says nothing about it."""
        return pa.chunked_array([pa.nulls(self.table.num_rows, pa.float64())])

    def _refuse(
        self, bad: pa.ChunkedArray, what: str, texts: pa.ChunkedArray | None, remedy: str
    ) -> None:
        lines = pc.indices_nonzero(bad)
        if len(lines):
            shown = [
                f"line {i + self.first_line}" + (f" ({texts[i]})" if texts is not None else "")
                for i in lines[:5].to_pylist()
            ]
            more = f" and {len(lines) - 5} more" if len(lines) > 5 else ""
            raise InvalidFile(
                f"{self.path}: {what} in {len(lines)} of {len(bad)} rows: "
                f"{', '.join(shown)}{more}; {remedy}"
            )


def _parquet(path: Path) -> pa.Table:
    try:
        return _stripped(parquet.read_table(path))
    except (pa.ArrowException, OSError) as error:
        raise InvalidFile(f"{path}: cannot be read as Parquet: {_reason(error)}") from error


def read_csv(path: Path) -> pa.Table:
    """All columns as text; the separator is the one the first line uses more often.

    Raises InvalidFile for a file that is not there, empty, not UTF-8 or not rectangular.
    """
    try:
        with path.open(encoding="utf-8-sig") as lines:
            header = lines.readline()
    except UnicodeDecodeError as error:
        raise InvalidFile(f"{path}: is not UTF-8; save it as UTF-8") from error
    except OSError as error:
        raise InvalidFile(f"{path}: cannot be read: {_reason(error)}") from error
    if not header.strip():
        raise InvalidFile(f"{path}: is empty; its first line must name the columns")
    parse = csv.ParseOptions(
        delimiter=";" if header.count(";") > header.count(",") else ",", newlines_in_values=True
    )
    try:
        names = csv.open_csv(path, parse_options=parse).schema.names
        table = csv.read_csv(
            path,
            parse_options=parse,
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowException, OSError) as error:
        raise InvalidFile(f"{path}: cannot be read as CSV: {_reason(error)}") from error
    return _stripped(table)


def _stripped(table: pa.Table) -> pa.Table:
    return table.rename_columns([name.strip() for name in table.column_names])


def _reason(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.splitlines()[0] if text else type(error).__name__
