"""Bringing a panel in: a file's rows to the table `outcomes`."""

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from estimators.core.panel import listed
from storage import audit
from storage.copying import copy_in
from storage.database import lock
from storage.errors import InvalidFile
from storage.files import read_file
from storage.provenance import whoami
from storage.rows import cells, covariate_names
from storage.tables import Covariate, Outcome

__all__ = ["Ingested", "ingest", "read_file"]


@dataclass(frozen=True)
class Ingested:
    """What was brought in. replaced: rows the panel of that name had before, 0 when it is new."""

    rows: int
    units: int
    periods: int
    replaced: int
    covariates: tuple[str, ...] = ()


def ingest(session: Session, panel: str, frame: pd.DataFrame) -> Ingested:
    """Write a panel's rows; a panel of the same name is replaced as a whole.

    frame: columns unit, period, outcome, treatment, and observed where a nan outcome is not
        simply missing; any other column is a covariate (see storage.rows)
    Others see the old panel until the transaction commits, then the new one. Raises InvalidFile
    when a (unit, period) comes twice.
    """
    if not panel or "\0" in panel:
        raise InvalidFile("a panel needs a name: letters, digits, '_', '.' and '-'")
    _refuse_doubled(frame)
    lock(session, f"panel:{panel}")
    removed = session.connection().execute(delete(Outcome).where(Outcome.panel == panel))
    covariates = covariate_names(frame)
    _name_covariates(session, panel, covariates)
    copy_in(session, Outcome.__tablename__, _table(panel, frame))
    done = Ingested(
        rows=len(frame),
        units=int(frame["unit"].nunique()),
        periods=int(frame["period"].nunique()),
        replaced=removed.rowcount,
        covariates=tuple(covariates),
    )
    details = asdict(done)
    if not covariates:
        del details["covariates"]  # as it was recorded before there were any
    audit.record(session, "panel_ingested", panel, details, whoami())
    return done


def _table(panel: str, frame: pd.DataFrame) -> pa.Table:
    """The rows as the table holds them: labels as text, null where not observed."""
    outcome = frame["outcome"].to_numpy(dtype="float64")
    missing = ~frame["observed"].to_numpy() if "observed" in frame else frame["outcome"].isna()
    treatment = frame["treatment"].to_numpy(dtype="float64")
    columns = {
        "panel": pa.repeat(pa.scalar(panel), len(frame)),
        "unit": _texts(frame["unit"]),
        "period": _texts(frame["period"]),
        "outcome": pa.array(
            outcome, mask=missing.to_numpy() if isinstance(missing, pd.Series) else missing
        ),
        "treatment": pa.array(treatment, mask=pd.isna(treatment)),
    }
    if names := covariate_names(frame):
        columns["covariates"] = _arrays([frame[name] for name in names])
    return pa.table(columns)


def _name_covariates(session: Session, panel: str, names: list[str]) -> None:
    """Which covariates the panel has, in the order of `outcomes.covariates`."""
    session.connection().execute(delete(Covariate).where(Covariate.panel == panel))
    if names:
        rows = [
            {"panel": panel, "position": place, "name": name}
            for place, name in enumerate(names, start=1)
        ]
        session.connection().execute(insert(Covariate), rows)


def _arrays(columns: "list[pd.Series[Any]]") -> pa.Array:
    """One array of PostgreSQL's per row, as COPY reads it: {1.5,NULL}."""
    numbers = [column.to_numpy(dtype="float64") for column in columns]
    texts = [pa.array(array, mask=pd.isna(array)).cast(pa.string()) for array in numbers]
    joined = pc.binary_join_element_wise(
        *texts, ",", null_handling="replace", null_replacement="NULL"
    )
    return pc.binary_join_element_wise("{", joined, "}", "")


def _texts(labels: "pd.Series[Any]") -> pa.Array:
    """Text of each label; each distinct label is spelled once."""
    codes, distinct = pd.factorize(labels)
    texts = pa.array([str(label) for label in distinct], pa.string())
    return texts.take(pa.array(codes))


def _refuse_doubled(frame: pd.DataFrame) -> None:
    doubled = frame.duplicated(["unit", "period"])
    if count := int(doubled.sum()):
        raise InvalidFile(
            f"{count} of {len(frame)} rows repeat a (unit, period) that is already there: "
            f"{listed(cells(frame[doubled]))}; a cell has one outcome: leave one row of each"
        )
