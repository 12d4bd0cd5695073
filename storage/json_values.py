"""Values as JSON: what numpy and dataclasses hold, in the words JSON has.

JSON has no nan and no infinity, and the database refuses both. A number that is not there is
`null`; an infinite setting (an infinite penalty switches a term off) is the text "Infinity" or
"-Infinity", so that it cannot be mistaken for a missing one.
"""

import json
import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

import numpy as np


def plain(value: object) -> Any:
    """The value made of dict, list, str, int, float, bool and None only.

    Raises TypeError for what has no honest JSON form.
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Set):
        return sorted(plain(item) for item in value)
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no JSON form: {value!r:.80}")


def canonical(value: object) -> str:
    """One spelling per value: sorted keys, no spaces; what is stored and hashed.

    Raises ValueError for nan and infinity, which `plain` puts into words first.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _number(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value
