"""Panels whose rows one check does not let pass, and what it says of each."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tests.checks.panels import at, block, with_value


@dataclass(frozen=True)
class Broken:
    """A panel (and plan) that one check does not let pass."""

    check: str
    data: Callable[[], pd.DataFrame]
    count: int
    examples: tuple[str, ...]
    says: str
    plan: str = ""
    also: tuple[str, ...] = ()  # other checks that cannot hold then either


def doubled() -> pd.DataFrame:
    data = block()
    return pd.concat([data, data[at(data, "u3", 2004)]])


BROKEN_ROWS: tuple[Broken, ...] = (
    Broken(
        "columns",
        lambda: block().drop(columns="treatment").assign(outcome="12 packs"),
        2,
        (
            "outcome must hold numbers, found text",
            "treatment must hold numbers, found no such column",
        ),
        "2 of 5 columns",
    ),
    Broken("rows", lambda: block().iloc[:0], 1, (), "no rows"),
    Broken(
        "labels",
        lambda: with_value(with_value(block(), "unit", None, "u3", 2004), "unit", " ", "u4", 2005),
        2,
        ("((empty), 2004)", "((empty), 2005)"),
        "2 of 80 rows lack a label",
    ),
    Broken("one_row_per_cell", doubled, 2, ("(u3, 2004)",), "2 of 81 rows share"),
    Broken(
        "finite_outcome",
        lambda: with_value(
            with_value(block(), "outcome", np.nan, "u3", 2004), "outcome", np.inf, "u0", 2007
        ),
        2,
        ("(u0, 2007) is infinite", "(u3, 2004) is NaN"),
        "2 of 80 outcomes",
    ),
    Broken(
        "binary_treatment",
        lambda: with_value(
            with_value(block(), "treatment", 2.0, "u0", 2007), "treatment", np.nan, "u3", 2004
        ),
        2,
        ("(u0, 2007) is 2", "(u3, 2004) is empty"),
        "in 2 of 80 rows",
    ),
    Broken(
        "excluded_donors_exist",
        block,
        1,
        ("u99",),
        "1 of 2 excluded donors are not in the panel",
        plan="donors: {exclude: [u7, u99]}",
    ),
    Broken(
        "excluded_donors_untreated",
        block,
        1,
        ("u0 in 4 cells",),
        "1 of 1 excluded donors are treated",
        plan="donors: {exclude: [u0]}",
    ),
    Broken(
        "regular_periods",
        lambda: block().query("period != 2003"),
        1,
        ("2003 (absent)",),
        "1 of 10 periods",
    ),
    Broken(
        "two_units",
        lambda: block().query("unit == 'u0'"),
        1,
        (),
        "units in the panel (without excluded donors): 1",
    ),
    Broken(
        "complete_grid",
        lambda: block().query(
            "not (unit == 'u3' and period in (2002, 2004)) and "
            "not (unit == 'u5' and period == 2009)"
        ),
        3,
        ("(u3, 2002)", "(u5, 2009)"),
        "3 cells have no row",
    ),
    Broken(
        "covariates_known",
        lambda: with_value(
            with_value(block().assign(price=1.0, depth=0.5), "depth", np.nan, "u3", 2004, 2005),
            "price",
            np.inf,
            "u0",
            2007,
        ),
        3,
        ("price in 1 cells, first (u0, 2007)", "depth in 2 cells, first (u3, 2004)"),
        "3 values of covariates",
    ),
)
