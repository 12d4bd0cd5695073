"""The boundary of a running promotion as JSON: what was fixed at the first look, to the bit."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from estimators.variance.bands import Limits
from storage.errors import StorageError


def to_json(limits: Limits) -> dict[str, Any]:
    """All of it; numbers keep their bits."""
    return {
        "level": limits.level,
        "df": limits.df,
        "critical_value": limits.critical_value,
        "standard_error": limits.standard_error.tolist(),
        "largest": limits.largest.tolist(),
        "construction": limits.construction,
    }


def from_json(stored: Mapping[str, Any]) -> Limits:
    """As it was. Raises StorageError for what another release wrote."""
    try:
        return Limits(
            level=stored["level"],
            standard_error=np.array(stored["standard_error"], dtype=np.float64),
            df=stored["df"],
            critical_value=stored["critical_value"],
            largest=np.array(stored["largest"], dtype=np.float64),
            construction=stored["construction"],
        )
    except KeyError as error:
        raise StorageError(
            f"a boundary without {error}: written by another release; register the plan anew to "
            f"follow the promotion with this one"
        ) from error
