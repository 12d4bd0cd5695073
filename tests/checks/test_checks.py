"""Each check, broken alone by a small panel: what it says, counts and names."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from checks import CHECKS, check
from tests.checks.broken import BROKEN_ROWS, Broken
from tests.checks.broken_designs import BROKEN_DESIGNS
from tests.checks.panels import at, block, on_off, plan, rows, staggered, with_value, without

BROKEN = (*BROKEN_ROWS, *BROKEN_DESIGNS)
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


def test_dropping_periods_leaves_those_treated_last_as_controls_and_nothing_without_them() -> None:
    treated = np.zeros((8, 10), dtype=bool)
    treated[:2, 6:] = treated[2:, 8:] = True  # everyone is treated in the end
    everyone = {"control_units", "untreated_in_every_period"}
    assert everyone <= {found.name for found in check(rows(treated), plan()).stops}
    report = check(rows(treated), plan("incomparable: drop"))
    assert report.passed
    warned = {found.name: found for found in report.checks if not found.passed}
    assert set(warned) == {"untreated_in_every_period"}
    treated[2:, 6:] = True  # at once: no period with a comparison is left
    report = check(rows(treated), plan("incomparable: drop"))
    assert everyone <= {found.name for found in report.stops}
