"""What a result left out of its panel: as JSON, back again, and out of a panel once more.

It is stored rather than worked out again when a result is read: a later release may see
comparability otherwise, and the arrays of a result belong to the panel that its estimators saw.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from estimators.core.designs import Dropped
from estimators.core.panel import Panel
from storage.json_values import plain


def to_json(dropped: Dropped | None) -> dict[str, Any] | None:
    """What is stored; None when nothing was left out."""
    return plain(dropped) if dropped else None


def from_json(stored: Mapping[str, Any] | None) -> Dropped | None:
    """What was stored."""
    if stored is None:
        return None
    return Dropped(
        tuple(stored["units"]),
        tuple(stored["periods"]),
        tuple((unit, period) for unit, period in stored["cells"]),
        stored["treated"],
        stored["of"],
    )


def leave_out(panel: Panel, dropped: Dropped | None) -> Panel:
    """The panel without these units and periods; these cells stay as neither treated nor observed.

    What `estimators.core.designs.comparable` did when the result was made.
    """
    if not dropped:
        return panel
    stray = np.zeros(panel.outcome.shape, dtype=np.bool_)
    for unit, period in dropped.cells:
        stray[panel.units.index(unit), panel.periods.index(period)] = True
    kept = replace(
        panel,
        outcome=np.where(stray, np.nan, panel.outcome),
        treatment=panel.treatment & ~stray,
    )
    return kept.select(
        [unit not in dropped.units for unit in panel.units],
        [period not in dropped.periods for period in panel.periods],
    )
