"""Each check, broken alone by a small panel: what it says, counts and names."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from checks import CHECKS, check
from tests.checks.panels import at, block, on_off, plan, rows, staggered, with_value, without


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


BROKEN = [
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
]


SEVERITY = {rule.name: rule.severity for rule in CHECKS}


@pytest.mark.parametrize("broken", BROKEN, ids=[broken.check for broken in BROKEN])
def test_a_check_names_what_breaks_it_alone_and_only_a_stop_stops(broken: Broken) -> None:
    report = check(broken.data(), plan(broken.plan))
    failed = {found.name: found for found in report.checks if not found.passed}
    assert set(failed) == {broken.check, *broken.also}
    found = failed[broken.check]
    assert found.count == broken.count
    if broken.examples:
        assert found.examples == broken.examples
    assert broken.says in found.message
    assert "\n" not in found.message
    assert report.passed == all(SEVERITY[name] == "warn" for name in failed)


def test_every_check_is_broken_by_a_panel_above() -> None:
    assert [broken.check for broken in BROKEN] == [rule.name for rule in CHECKS]


@pytest.mark.parametrize("data", [block, staggered, on_off])
def test_a_sound_panel_passes_every_check(data: Callable[[], pd.DataFrame]) -> None:
    report = check(data(), plan())
    assert [found.name for found in report.checks if not found.passed] == []
    assert report.passed


def test_an_excluded_donor_may_be_broken_in_every_other_way() -> None:
    data = block()
    data = data[~at(data, "u7", 2004)]
    data = without(data, "u7", 2000, 2001, 2002, 2003, 2005, 2006, 2007)
    assert not check(data, plan()).passed
    assert check(data, plan("donors: {exclude: [u7]}")).passed


def test_a_covariate_may_be_whole_numbers_or_truths_and_text_is_named() -> None:
    data = block().assign(open=True, stock=3)
    assert check(data, plan()).passed
    (found,) = check(data.assign(stock="many"), plan()).stops
    assert found.examples == ("stock must hold numbers, found text",)


def test_a_covariate_that_only_an_excluded_donor_lacks_is_known() -> None:
    data = with_value(block().assign(price=1.0), "price", np.nan, "u7", 2004)
    assert not check(data, plan()).passed
    assert check(data, plan("donors: {exclude: [u7]}")).passed


def test_excluding_donors_leaves_fewer_to_compare_with() -> None:
    report = check(block(), plan("donors: {exclude: [u6, u7]}"))
    assert [found.name for found in report.stops] == ["donors"]
    assert "4, fewer than 5" in report.stops[0].message


def test_a_plan_met_in_every_point_passes() -> None:
    planned = "treatment: {pattern: block, units: [u0, u1], first: 2006, last: 2009, cells: 8}"
    report = check(block(), plan(planned))
    assert report.passed
    assert "treatment_as_planned" in [found.name for found in report.checks]


def test_a_planned_unit_that_is_not_in_the_panel_is_named() -> None:
    report = check(block(), plan("treatment: {units: [u0, u1, Utah]}"))
    assert report.stops[0].examples == ("Utah: treated planned, not in the panel found",)


def test_a_treated_unit_never_observed_while_treated_has_vanished() -> None:
    treated = np.zeros((8, 10), dtype=bool)
    treated[0, 6:8] = True
    data = without(rows(treated), "u0", 2006, 2007)
    report = check(data, plan())
    assert report.stops[0].examples == ("u0 from 2006 on",)
