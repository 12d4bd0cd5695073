"""A finished batch of a race as JSON, and back to the bit: what `storage.races` keeps of it.

JSON has no nan: what was refused or not asked is null. Keys that are pairs are written as lists.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from estimators.calibration.answer import NUMBERS
from estimators.core.panel import FloatArray
from estimators.race.results import Results
from storage.json_values import plain

FLOATS = ("effect", "error", "seconds", "inference")
WHOLE = ("number", "cluster")


def to_json(found: Results) -> dict[str, Any]:
    """Every array and word of a batch."""
    arrays = {name: plain(getattr(found, name)) for name in FLOATS + WHOLE}
    return {
        "estimators": list(found.estimators),
        "kinds": list(found.kinds),
        **arrays,
        "refused": [[key, *said] for key, said in found.refused.items()],
        "unanswered": [[*key, *said] for key, said in found.unanswered.items()],
    }


def from_json(stored: Mapping[str, Any]) -> Results:
    """The batch that was stored."""
    estimators, kinds = tuple(stored["estimators"]), tuple(stored["kinds"])
    floats = {name: _floats(stored[name]) for name in FLOATS}
    shape = len(stored["number"]), len(estimators), len(kinds), len(NUMBERS)
    floats["inference"] = floats["inference"].reshape(shape)  # without kinds, JSON has lost it
    arrays: dict[str, Any] = {name: np.array(stored[name], dtype=np.intp) for name in WHOLE}
    return Results(
        estimators,
        kinds,
        **arrays | floats,
        refused={key: (count, why) for key, count, why in stored["refused"]},
        unanswered={(key, kind): (count, why) for key, kind, count, why in stored["unanswered"]},
    )


def _floats(values: Any) -> FloatArray:
    """null is nan, and infinity a word, which numpy reads as the number."""
    return np.array(_with_nan(values), dtype=np.float64)


def _with_nan(values: Any) -> Any:
    if isinstance(values, list):
        return [_with_nan(value) for value in values]
    return np.nan if values is None else float(values)
