"""A panel's rows, kept exactly as they were read and addressed by their content.

Canonical bytes, whatever order the rows came in:

    "liftledger rows 1\\n"
    JSON: labels of units and of periods, each sorted; number of rows          one line
    for each row, sorted by unit, period, then bits of the numbers, as little-endian arrays:
    unit int32 · period int32 · outcome float64 · treatment float64 · observed uint8

Rows with covariates begin with "liftledger rows 2\n"; the JSON names them as well, and one float64
array of each follows. Rows without have the bytes, and so the hash, they always had.

The hash is the SHA-256 of these bytes; what is stored is their zlib stream, so the hash does not
depend on the compressor. Nothing is pickled. Numbers are kept by their bits, but an outcome that
was not observed is always the same nan.
"""

import hashlib
import json
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import StorageError
from storage.json_values import canonical
from storage.provenance import whoami
from storage.rows import assemble, covariate_names, period_array
from storage.tables import Snapshot

MAGIC = b"liftledger rows 1\n"
WITH_COVARIATES = b"liftledger rows 2\n"
SPEED = 1  # zlib level: 1 is six times as fast as the default and 2 % larger on real panels
LAYOUT = (
    ("unit", "<i4"), ("period", "<i4"), ("outcome", "<f8"), ("treatment", "<f8"), ("observed", "u1")
)  # fmt: skip


def save(session: Session, rows: pd.DataFrame) -> str:
    """Keep the rows; returns their SHA-256. The same rows again are the same snapshot.

    Its entry is of the first time; that rows were read again is in the entry of what was done with
    them. Rows that will fail the checks are kept too: they are the evidence for it.
    """
    header, content = encode(rows)
    sha256 = hashlib.sha256(content).hexdigest()
    if session.scalar(select(Snapshot.hash).where(Snapshot.hash == sha256)) is not None:
        return sha256
    facts = {
        "rows": header["rows"], "units": len(header["units"]), "periods": len(header["periods"])
    }  # fmt: skip
    statement = (
        insert(Snapshot)
        .values(hash=sha256, content=zlib.compress(content, SPEED), **facts)
        .on_conflict_do_nothing()
        .returning(Snapshot.hash)
    )
    if session.scalar(statement) is not None:  # nobody else was faster
        row = ("snapshots", sha256)
        audit.record(session, "snapshot_saved", sha256, facts, whoami(), row=row)
    return sha256


def identity(rows: pd.DataFrame) -> str:
    """The SHA-256 these rows would be kept under."""
    return hashlib.sha256(encode(rows)[1]).hexdigest()


def load(session: Session, sha256: str) -> pd.DataFrame:
    """The rows, in canonical order (see storage.rows).

    Raises StorageError when there is no such snapshot, or when its content was tampered with.
    """
    stored = session.scalar(select(Snapshot.content).where(Snapshot.hash == sha256))
    if stored is None:
        raise StorageError(f"no snapshot {sha256} in this database")
    try:
        content = zlib.decompress(stored)
    except zlib.error as error:
        raise StorageError(f"snapshot {sha256} is damaged: {error}") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise StorageError(f"snapshot {sha256} was altered: its content has another hash")
    return decode(content)


def encode(rows: pd.DataFrame) -> tuple[dict[str, Any], bytes]:
    """(header, canonical bytes) of the rows."""
    units, unit = _coded(rows["unit"])
    periods, period = _coded(rows["period"])
    observed = rows["observed"].to_numpy(dtype=np.bool_)
    columns = {
        "unit": unit,
        "period": period,
        "outcome": np.where(observed, rows["outcome"].to_numpy(dtype=np.float64), np.nan),
        "treatment": rows["treatment"].to_numpy(dtype=np.float64),
        "observed": observed,
    }
    names = covariate_names(rows)
    covariates = [rows[name].to_numpy(dtype=np.float64) for name in names]
    covariates = [np.where(np.isnan(found), np.nan, found) for found in covariates]
    order = _order(columns, covariates, len(periods))
    header: dict[str, Any] = {
        "rows": len(rows),
        "units": [str(label) for label in units],
        "periods": [label if isinstance(label, str) else int(label) for label in periods],
    }
    if names:
        header["covariates"] = names
    magic = WITH_COVARIATES if names else MAGIC
    arrays = [columns[name][order].astype(kind).tobytes() for name, kind in LAYOUT]
    arrays += [found[order].astype("<f8").tobytes() for found in covariates]
    return header, b"".join([magic, canonical(header).encode(), b"\n", *arrays])


def decode(content: bytes) -> pd.DataFrame:
    """The rows of canonical bytes."""
    if not content.startswith((MAGIC, WITH_COVARIATES)):
        raise StorageError(f"a snapshot begins with {content[:18]!r}: written by a later release")
    end = content.index(b"\n", len(MAGIC))
    header = json.loads(content[len(MAGIC) : end])
    columns: dict[str, npt.NDArray[Any]] = {}
    start = end + 1
    covariates = header.get("covariates", [])
    for name, kind in (*LAYOUT, *((name, "<f8") for name in covariates)):
        found = np.frombuffer(content, dtype=kind, count=header["rows"], offset=start)
        columns[name] = found.astype(found.dtype.newbyteorder("="))
        start += found.nbytes
    return assemble(
        header["units"],
        columns["unit"],
        period_array(header["periods"])[columns["period"]],
        columns["outcome"],
        columns["treatment"],
        columns["observed"].astype(np.bool_),
        {name: columns[name] for name in covariates},
    )


def _coded(labels: "pd.Series[Any]") -> tuple[list[Any], npt.NDArray[np.int32]]:
    """Sorted distinct labels that occur, and the position of each row's label among them."""
    codes, distinct = pd.factorize(labels)
    found = list(distinct)
    order = sorted(range(len(found)), key=found.__getitem__)
    rank = np.empty(len(found), dtype=np.int32)
    rank[order] = np.arange(len(found), dtype=np.int32)
    return [found[i] for i in order], rank[codes]


def _order(
    columns: dict[str, npt.NDArray[Any]], covariates: list[npt.NDArray[np.float64]], periods: int
) -> npt.NDArray[np.intp]:
    """Sorted by cell; bits decide between rows of the same cell, so that any order is the same."""
    cell = columns["unit"].astype(np.int64) * max(periods, 1) + columns["period"]
    order = np.argsort(cell, kind="stable")
    if (np.diff(cell[order]) > 0).all():
        return order
    numbers = [*reversed(covariates), columns["treatment"], columns["outcome"]]
    return np.lexsort([*(one.view(np.int64) for one in numbers), columns["observed"], cell])
