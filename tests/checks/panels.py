"""Small panels whose every cell is known, as the storage room hands them to the checks."""

import numpy as np
import pandas as pd

from studies import Plan, parse_plan

PLAN = """
study: shop
question: What did the promotion do?
panel: shop
"""


def plan(more: str = "") -> Plan:
    return parse_plan(PLAN + more)


def rows(treated: np.ndarray) -> pd.DataFrame:
    """Units u0, u1, … in years from 2000; outcomes near 100, nothing missing."""
    n, t = treated.shape
    outcome = 100 + np.random.default_rng(7).normal(size=(n, t))
    return pd.DataFrame(
        {
            "unit": np.repeat([f"u{i}" for i in range(n)], t),
            "period": np.tile(np.arange(2000, 2000 + t), n),
            "outcome": outcome.ravel(),
            "treatment": treated.ravel().astype(float),
            "observed": True,
        }
    )


def block() -> pd.DataFrame:
    """8 units in 10 years; u0 and u1 are treated from 2006 on."""
    treated = np.zeros((8, 10), dtype=bool)
    treated[:2, 6:] = True
    return rows(treated)


def staggered() -> pd.DataFrame:
    """As block, but u1 starts in 2007."""
    data = block()
    return data.assign(treatment=data.treatment.where(~at(data, "u1", 2006), 0.0))


def on_off() -> pd.DataFrame:
    """8 units in 10 years; each is treated in one year, u0 in 2000 to u7 in 2007."""
    treated = np.zeros((8, 10), dtype=bool)
    treated[np.arange(8), np.arange(8)] = True
    return rows(treated)


def at(data: pd.DataFrame, unit: str, *periods: int) -> pd.Series:
    """Which rows are about this unit, in these periods or all."""
    found = data.unit == unit
    return found & data.period.isin(periods) if periods else found


def without(data: pd.DataFrame, unit: str, *periods: int) -> pd.DataFrame:
    """The outcomes of these cells were not observed."""
    lost = at(data, unit, *periods)
    return data.assign(outcome=data.outcome.where(~lost), observed=data.observed & ~lost)


def with_value(
    data: pd.DataFrame, column: str, value: float | str | None, unit: str, *periods: int
) -> pd.DataFrame:
    """Another value in these cells."""
    changed = data.copy()
    changed.loc[at(data, unit, *periods), column] = value
    return changed
