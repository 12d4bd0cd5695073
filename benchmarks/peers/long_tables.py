"""A block as the data frames most programs want. Runs with the peers' pandas."""

import numpy as np
import pandas as pd

from benchmarks.measuring.panels import Block

UNIT, TIME, OUTCOME = "unit", "time", "outcome"
TREATED, EVER, AFTER = "treated", "ever_treated", "after"


def long_table(block: Block) -> pd.DataFrame:
    """One row per cell; units count from 0, periods from 1.

    treated: under treatment now    ever_treated: of a treated unit    after: in a treated period
    """
    units, periods = block.outcome.shape
    unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(1, periods + 1), units)
    ever, after = unit >= units - block.treated, time > block.start
    return pd.DataFrame(
        {
            UNIT: unit,
            TIME: time,
            OUTCOME: block.outcome.ravel(),
            TREATED: (ever & after).astype(int),
            EVER: ever.astype(int),
            AFTER: after.astype(int),
        }
    )


def wide_tables(block: Block) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Outcome and treatment, one row per period and one column per unit."""
    units, periods = block.outcome.shape
    index, columns = pd.RangeIndex(1, periods + 1), pd.RangeIndex(units)
    return (
        pd.DataFrame(block.outcome.T, index=index, columns=columns),
        pd.DataFrame(block.treatment.T.astype(int), index=index, columns=columns),
    )
