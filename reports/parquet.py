"""A result as tables for other programs: Parquet, one file per table, the same bytes each time."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from storage.records import StoredEstimate, StoredResult

FLOATS = ("variance", "standard_error", "df", "level", "ci_low", "ci_high", "p_value")
COLUMNS = {
    "panel": {"unit": pa.string(), "period": pa.string(), "outcome": pa.float64(),
              "treatment": pa.bool_()},
    "estimates": {"estimator": pa.string(), "status": pa.string(), "reason": pa.string(),
                  "att": pa.float64(), "primary": pa.bool_()},
    "variances": {"estimator": pa.string(), "kind": pa.string(), "status": pa.string(),
                  "reason": pa.string(), **dict.fromkeys(FLOATS, pa.float64()),
                  "placebos": pa.int64(), "construction": pa.string()},
    "counterfactuals": {"estimator": pa.string(), "unit": pa.string(), "period": pa.string(),
                        "counterfactual": pa.float64()},
    "weights": {"estimator": pa.string(), "treated": pa.string(), "axis": pa.string(),
                "label": pa.string(), "weight": pa.float64()},
}  # fmt: skip


def tables(result: StoredResult) -> dict[str, bytes]:
    """Files by name. What was not observed, or is not modelled, is null or absent."""
    panel = result.panel
    cells = [(u, t) for u in range(len(panel.units)) for t in range(len(panel.periods))]
    found: dict[str, Iterable[Mapping[str, Any]]] = {
        "panel": (
            {"unit": str(panel.units[u]), "period": str(panel.periods[t]),
             "outcome": _number(panel.outcome[u, t]), "treatment": bool(panel.treatment[u, t])}
            for u, t in cells
        ),
        "estimates": (
            {"estimator": one.estimator, "status": one.status, "reason": one.reason,
             "att": one.att, "primary": one.estimator == result.primary}
            for one in result.estimates
        ),
        "variances": (
            {"estimator": one.estimator}
            | {name: getattr(kind, name) for name in COLUMNS["variances"] if name != "estimator"}
            for one in result.estimates for kind in one.variances
        ),
        "counterfactuals": (
            {"estimator": one.estimator, "unit": str(panel.units[u]),
             "period": str(panel.periods[t]), "counterfactual": float(one.counterfactual[u, t])}
            for one in result.estimates if one.counterfactual is not None
            for u, t in cells if np.isfinite(one.counterfactual[u, t])
        ),
        "weights": (row for one in result.estimates for row in _weights(result, one)),
    }  # fmt: skip
    return {f"tables/{name}.parquet": _file(name, list(rows)) for name, rows in found.items()}


def _weights(result: StoredResult, estimate: StoredEstimate) -> Iterable[dict[str, Any]]:
    axes = {"units": result.panel.units, "periods": result.panel.periods}
    for group in estimate.weights:
        for axis, labels in axes.items():
            values = getattr(group, axis)
            for label, weight in zip(labels, () if values is None else values, strict=False):
                if weight:
                    yield {"estimator": estimate.estimator, "treated": group.label,
                           "axis": axis, "label": str(label), "weight": float(weight)}  # fmt: skip


def _file(name: str, rows: list[Mapping[str, Any]]) -> bytes:
    columns = COLUMNS[name]
    arrays = [pa.array([row[one] for row in rows], kind) for one, kind in columns.items()]
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_arrays(arrays, names=list(columns)), sink)
    return bytes(sink.getvalue().to_pybytes())


def _number(value: Any) -> float | None:
    return None if math.isnan(value) else float(value)
