"""Panels whose design or outcomes one check does not let pass, and what it says of each."""

import numpy as np
import pandas as pd

from tests.checks.broken import Broken
from tests.checks.panels import block, on_off, rows, staggered, with_value, without


def switching_but(unit: str, untreated: int) -> pd.DataFrame:
    """On and off, with one unit treated in all but its last years."""
    data = on_off()
    return with_value(data, "treatment", 1.0, unit, *range(2000, 2010 - untreated))


def everything_in_2005() -> pd.DataFrame:
    data = on_off()
    return data.assign(treatment=data.treatment.where(data.period != 2005, 1.0))


def treated_most_of_the_time() -> pd.DataFrame:
    treated = np.ones((16, 8), dtype=bool)
    for unit in range(16):
        treated[unit, [unit % 8, (unit + 1) % 8, (unit + 2) % 8]] = False
    return rows(treated)


def all_but_three_treated_in_2005() -> pd.DataFrame:
    data = on_off()
    chosen = (data.period == 2005) & data.unit.isin(["u0", "u1", "u2", "u3", "u4"])
    return data.assign(treatment=data.treatment.where(~chosen, 1.0))


BROKEN_DESIGNS: tuple[Broken, ...] = (
    Broken(
        "treatment_varies",
        lambda: block().assign(treatment=0.0),
        1,
        (),
        "no cell of the panel is treated",
    ),
    Broken(
        "never_always_treated",
        lambda: with_value(on_off(), "treatment", 1.0, "u0"),
        1,
        ("u0",),
        "1 of 8 units are treated in every period",
        also=("untreated_periods_by_unit",),
    ),
    Broken(
        "control_units",
        lambda: block().query("unit in ('u0', 'u1')"),
        1,
        (),
        "every unit is treated sooner or later",
        also=("untreated_in_every_period", "donors"),
    ),
    Broken(
        "untreated_in_every_period",
        everything_in_2005,
        1,
        ("2005",),
        "in 1 of 10 periods no unit",
        also=("donors_in_every_period",),
    ),
    Broken(
        "pre_periods",
        lambda: block().query("period >= 2004"),
        2,
        ("u0 has 2", "u1 has 2"),
        "2 of 2 treated units have fewer than 5 observed pre-periods",
    ),
    Broken(
        "untreated_periods",
        treated_most_of_the_time,
        1,
        (),
        "the median treated unit is observed untreated in 3 periods, fewer than 5",
        also=("untreated_periods_by_unit",),
    ),
    Broken(
        "untreated_periods_by_unit",
        lambda: switching_but("u0", 2),
        1,
        ("u0 in 2",),
        "1 of 8 treated units",
    ),
    Broken(
        "donors",
        lambda: block().query("unit in ('u0', 'u1', 'u2', 'u3')"),
        1,
        (),
        "control units (without excluded donors): 2, fewer than 5",
    ),
    Broken(
        "donors_in_every_period",
        all_but_three_treated_in_2005,
        1,
        ("2005 has 2",),
        "in 1 of 10 periods fewer than 5",
        also=("treatment_as_planned",),
        plan="treatment: {cells: 8}",
    ),
    Broken(
        "treatment_as_planned",
        staggered,
        5,
        (
            "pattern: block planned, staggered found",
            "first treated period: 2005 planned, 2006 found",
            "last treated period: 2008 planned, 2009 found",
            "treated cells: 8 planned, 7 found",
            "u1: untreated planned, treated found",
        ),
        "in 5 of 6 points",
        plan="treatment: {pattern: block, units: [u0], first: 2005, last: 2008, cells: 8}",
    ),
    Broken(
        "observed_share",
        lambda: without(block(), "u3", 2000, 2001, 2002, 2003, 2004),
        5,
        ("(u3, 2000)", "(u3, 2001)", "(u3, 2002)", "(u3, 2003)", "(u3, 2004)"),
        "5 of 80 outcomes are missing, more than requirements.observed = 0.95 allows",
        also=("all_observed",),
    ),
    Broken(
        "all_observed",
        lambda: without(block(), "u3", 2004),
        1,
        ("(u3, 2004)",),
        "1 of 80 outcomes are missing",
    ),
    Broken(
        "treated_units_stay",
        lambda: without(block(), "u0", 2008, 2009),
        1,
        ("u0 from 2008 on",),
        "1 treated units vanish",
        also=("all_observed", "treated_cells_observed"),
    ),
    Broken(
        "treated_cells_observed",
        lambda: without(block(), "u0", 2007),
        1,
        ("u0 lacks 1",),
        "1 treated cells",
        also=("all_observed",),
    ),
    Broken(
        "outcome_varies",
        lambda: block().assign(outcome=3.0),
        1,
        (),
        "all untreated outcomes are the same",
    ),
    Broken(
        "runs_of_zeros",
        lambda: with_value(block(), "outcome", 0.0, "u3", 2001, 2002, 2003, 2004, 2005),
        1,
        ("u3 5 in a row",),
        "1 units",
    ),
    Broken(
        "outliers",
        lambda: with_value(block(), "outcome", 900.0, "u3", 2004),
        1,
        (),
        "1 of 60 untreated outcomes",
    ),
    Broken(
        "scale_of_treated",
        lambda: block().assign(outcome=lambda d: d.outcome.where(d.unit != "u0", 40 * d.outcome)),
        1,
        ("u0 is 40 times the median",),
        "1 of 2 treated units",
    ),
)
