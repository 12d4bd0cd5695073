"""Effects by cell and weights by label: to rows for COPY, and back to arrays bit for bit.

`effects` holds the modelled cells of units that are ever treated, before and after: what anyone
queries, lack of fit included. What a method imputes for control units is no effect, and on large
panels is nine tenths of all cells; it is kept beside the estimate as one compressed array. A cell
in neither is not modelled (nan); a label without a row in `weights` has weight 0.
"""

import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from psycopg2 import sql
from sqlalchemy.orm import Session

from estimators.core.fit import Weights
from estimators.core.panel import FloatArray, Panel
from storage.answer_tables import EffectRow, WeightRow
from storage.copying import LABEL, copy_in, copy_out
from storage.records import StoredEstimate

AXES = ("unit", "period")
SPEED = 1  # zlib level: noise in the last digits hardly compresses anyway


def write(session: Session, panel: Panel, numbered: Sequence[tuple[int, StoredEstimate]]) -> None:
    """Write effects and weights of these estimates, each with the number of its row."""
    for number, estimate in numbered:
        if estimate.counterfactual is not None:
            rows = _effects(number, panel, estimate.counterfactual)
            copy_in(session, EffectRow.__tablename__, rows)
    if weights := [
        _weights(number, position, axis, labels, array)
        for number, estimate in numbered
        for position, group in enumerate(estimate.weights)
        for axis, labels, array in (
            ("unit", panel.units, group.units),
            ("period", panel.periods, group.periods),
        )
        if array is not None
    ]:
        copy_in(session, WeightRow.__tablename__, pa.concat_tables(weights).combine_chunks())


def groups(estimate: StoredEstimate) -> list[dict[str, object]]:
    """What `weight_groups` says: label of each group, and the axes it has weights on."""
    return [
        {"label": group.label, "axes": [axis for axis in AXES if _axis(group, axis) is not None]}
        for group in estimate.weights
    ]


def control_fit(panel: Panel, counterfactual: FloatArray | None) -> bytes | None:
    """What is imputed for control units, in panel order; None where the method models none."""
    if counterfactual is None:
        return None
    part = counterfactual[panel.control_units].astype("<f8")
    return None if np.isnan(part).all() else zlib.compress(part.tobytes(), SPEED)


def read_counterfactual(
    session: Session, number: int, panel: Panel, fitted: bytes | None
) -> FloatArray:
    """(N, T) nan where the estimate models nothing. fitted: its `control_fit`."""
    query = sql.SQL(
        "SELECT unit, period, counterfactual FROM effects WHERE estimate_id = {}"
    ).format(sql.Literal(number))
    kinds = {"unit": LABEL, "period": LABEL, "counterfactual": pa.float64()}
    table = copy_out(session, query, kinds)
    found = np.full(panel.outcome.shape, np.nan)
    if fitted is not None:
        part = np.frombuffer(zlib.decompress(fitted), dtype="<f8")
        found[panel.control_units] = part.reshape(-1, len(panel.periods))
    if table.num_rows:
        i = _positions(table["unit"], panel.units)
        t = _positions(table["period"], panel.periods)
        found[i, t] = table["counterfactual"].to_numpy()
    return found


def read_weights(
    session: Session, listed: Mapping[int, Sequence[Mapping[str, object]]], panel: Panel
) -> dict[int, tuple[Weights, ...]]:
    """Weights by the number of their estimate. listed: each estimate's `weight_groups`."""
    axes = {
        (number, position, axis): np.zeros(len(panel.units if axis == "unit" else panel.periods))
        for number, described in listed.items()
        for position, group in enumerate(described)
        for axis in AXES
        if axis in group["axes"]  # type: ignore[operator]  # a list, as groups() wrote it
    }
    if axes:
        _fill(session, list(listed), axes, panel)
    return {
        number: tuple(
            Weights(
                str(group["label"]),
                axes.get((number, position, "unit")),
                axes.get((number, position, "period")),
            )
            for position, group in enumerate(described)
        )
        for number, described in listed.items()
    }


def _fill(
    session: Session,
    numbers: list[int],
    axes: dict[tuple[int, int, str], FloatArray],
    panel: Panel,
) -> None:
    query = sql.SQL(
        "SELECT estimate_id, position, axis, label, weight FROM weights WHERE estimate_id IN ({})"
    ).format(sql.SQL(", ").join(map(sql.Literal, numbers)))
    kinds = {
        "estimate_id": pa.int64(), "position": pa.int64(), "axis": pa.string(),
        "label": pa.string(), "weight": pa.float64(),
    }  # fmt: skip
    places = {
        "unit": {str(label): i for i, label in enumerate(panel.units)},
        "period": {str(label): t for t, label in enumerate(panel.periods)},
    }
    columns = copy_out(session, query, kinds).to_pydict()
    for number, position, axis, label, weight in zip(*columns.values(), strict=True):
        axes[number, position, axis][places[axis][label]] = weight


def _effects(number: int, panel: Panel, counterfactual: FloatArray) -> pa.Table:
    i, t = np.nonzero(~np.isnan(counterfactual) & panel.treated_units[:, None])
    observed = panel.outcome[i, t]
    return pa.table(
        {
            "estimate_id": pa.repeat(pa.scalar(number, pa.int64()), len(i)),
            "unit": _texts(panel.units).take(pa.array(i)),
            "period": _texts(panel.periods).take(pa.array(t)),
            "treated": pa.array(panel.treatment[i, t]),
            "observed": pa.array(observed, mask=np.isnan(observed)),
            "counterfactual": pa.array(counterfactual[i, t]),
        }
    )


def _weights(
    number: int, position: int, axis: str, labels: Sequence[object], array: FloatArray
) -> pa.Table:
    bits = np.ascontiguousarray(array, dtype=np.float64).view(np.int64)
    (some,) = np.nonzero(bits)  # by bits: −0.0 is kept
    return pa.table(
        {
            "estimate_id": pa.repeat(pa.scalar(number, pa.int64()), len(some)),
            "position": pa.repeat(pa.scalar(position, pa.int32()), len(some)),
            "axis": pa.repeat(pa.scalar(axis), len(some)),
            "label": _texts(labels).take(pa.array(some)),
            "weight": pa.array(array[some]),
        }
    )


def _axis(group: Weights, axis: str) -> FloatArray | None:
    return group.units if axis == "unit" else group.periods


def _texts(labels: Sequence[object]) -> pa.Array:
    return pa.array([str(label) for label in labels], pa.string())


def _positions(column: pa.ChunkedArray, labels: Sequence[object]) -> np.ndarray:
    """Position in the panel of each row's label."""
    places = {str(label): i for i, label in enumerate(labels)}
    chunks = column.unify_dictionaries().chunks
    place = np.array([places[label] for label in chunks[0].dictionary.to_pylist()], dtype=np.intp)
    return place[np.concatenate([chunk.indices.to_numpy() for chunk in chunks])]
