"""Windows in the treated units' past: how long, where, and predicted from what."""

import numpy as np
import pytest

from estimators import Panel, UnsupportedDesign
from estimators.core.panel import BoolArray
from estimators.variance.windows import (
    control_windows,
    crossing,
    evenly,
    own_windows,
    training_length,
    windows,
)
from tests.estimators.panels import labelled, noisy, prop99, small, treated_as


def one_run(units: int, periods: int, start: int, stop: int) -> BoolArray:
    treatment = np.zeros((units, periods), dtype=bool)
    treatment[0, start:stop] = True
    return treatment


def ended() -> Panel:
    """Treated in periods 8 and 9 of 24."""
    return labelled(noisy(10, 24), one_run(10, 24, 8, 10))


def test_a_treatment_that_lasts_is_forecast_and_one_that_ended_is_interpolated() -> None:
    assert windows(prop99()).style == "forecast"
    assert windows(small("staggered")).style == "forecast"
    assert windows(ended()).style == "interpolation"


def test_forecasts_see_nothing_after_the_window_and_a_third_of_the_past_before_it() -> None:
    panel = prop99()
    found = windows(panel)
    assert training_length(panel) == 6
    assert found.length == 1  # 13 years of room: of two years only six disjoint windows fit
    assert found.starts == tuple(range(6, 19))
    for pool in (own_windows(panel, found, 200), control_windows(panel, found, 500, 0)):
        for placement in pool.placements:
            treated = np.flatnonzero(placement.treatment.any(axis=0))
            assert len(treated) == 1
            assert treated[0] >= 6
            assert treated[-1] == len(placement.periods) - 1 < 19
        assert "forecast from at least 6 before them" in pool.construction


def test_interpolation_keeps_what_comes_after_and_may_come_after_the_treatment() -> None:
    panel = ended()
    found = windows(panel)
    assert found.length == 2
    assert found.starts == (3, 4, 5, 6, *range(10, 23))
    for pool in (own_windows(panel, found, 200), control_windows(panel, found, 400, 0)):
        assert all(len(placement.periods) == 24 for placement in pool.placements)
        assert "interpolated from those before and after them" in pool.construction
    placed = own_windows(panel, found, 200).placements[0].panel(panel)
    assert np.isnan(placed.outcome[0, 8:10]).all()
    assert np.isfinite(placed.outcome[0, 10:]).all()


def test_the_style_can_be_asked_for() -> None:
    assert windows(prop99(), "interpolation").style == "interpolation"
    assert windows(ended(), "forecast").starts == (3, 4, 5, 6, 7)


def test_own_windows_are_all_of_the_treated_units_and_no_other() -> None:
    panel = prop99()
    california = panel.units.index("California")
    pool = own_windows(panel, windows(panel), 200)
    assert pool.construction.startswith("all 13 placements")
    assert [p.group.tolist() for p in pool.placements] == [[california]] * 13
    assert len(own_windows(panel, windows(panel), 5).placements) == 5


def test_controls_are_crossed_with_windows() -> None:
    panel = prop99()
    pool = control_windows(panel, windows(panel), 200, 0)
    groups, times = np.unique(pool.groups), np.unique(pool.times)
    assert len(pool.placements) == len(groups) * len(times) == 15 * 13
    assert set(zip(pool.groups.tolist(), pool.times.tolist(), strict=True)) == {
        (g, t) for g in groups for t in times
    }
    for g in groups:
        units = {tuple(pool.placements[d].group) for d in np.flatnonzero(pool.groups == g)}
        assert len(units) == 1
    everyone = control_windows(panel, windows(panel), 494, 0)
    assert everyone.construction.startswith("all 494 placements")
    assert {int(p.group[0]) for p in everyone.placements} == {*range(39)} - {
        panel.units.index("California")
    }


@pytest.mark.parametrize(
    ("groups", "times", "count", "many", "chosen"),
    [
        (49, 26, 2000, 49, 26),  # all pairs
        (49, 26, 1000, 38, 26),  # all times, as many groups as are left
        (49, 26, 200, 14, 14),  # as many times as groups
        (5, 100, 200, 5, 40),  # few groups leave more times
        (10**9, 300, 20, 5, 4),
    ],
)
def test_crossing_spends_its_draws_on_times_and_groups_alike(
    groups: int, times: int, count: int, many: int, chosen: int
) -> None:
    found, which = crossing(groups, times, count)
    assert (found, len(which)) == (many, chosen)
    assert found * len(which) <= count


def test_few_of_many_are_spread_evenly() -> None:
    np.testing.assert_array_equal(evenly(4, 10), np.arange(4))
    np.testing.assert_array_equal(evenly(9, 3), [0, 4, 8])


def test_windows_wear_what_the_treatment_does_not_observe() -> None:
    whole = labelled(noisy(10, 40), treated_as("block", 10, 40))
    outcome = whole.outcome.copy()
    outcome[1, -1] = np.nan
    panel = labelled(outcome, whole.treatment)
    found = windows(panel)
    assert found.carries
    placed = own_windows(panel, found, 50).placements[0].panel(panel)
    seen = (placed.treatment & placed.observed)[:2, -3:]
    np.testing.assert_array_equal(seen, [[True, True, True], [True, True, False]])


def test_too_short_a_past_is_counted_against_what_is_needed() -> None:
    panel = labelled(noisy(10, 8), one_run(10, 8, 6, 8))
    with pytest.raises(UnsupportedDesign, match="need 7 periods before treatment; there are 6"):
        windows(panel)
    middle = labelled(noisy(10, 8), one_run(10, 8, 3, 5))
    with pytest.raises(
        UnsupportedDesign,
        match=r"without treatment after the first 3 \(0 to 2\); there are 3",
    ):
        windows(middle)


def test_windows_are_as_long_as_the_treatment_where_eight_fit_and_else_the_longest() -> None:
    for periods, length in ((52, 4), (40, 3), (32, 2), (20, 1)):
        panel = labelled(noisy(10, periods), one_run(10, periods, periods - 4, periods))
        room = periods - 4 - training_length(panel)
        assert windows(panel).length == length
        assert length == 1 or room // length >= 8
        assert length == 4 or room // (length + 1) < 8


def test_exactly_the_periods_asked_for_are_enough() -> None:
    panel = labelled(noisy(10, 9), one_run(10, 9, 7, 9))
    found = windows(panel)
    assert found.length == 1
    assert len(own_windows(panel, found, 200).placements) == 4


def test_a_staggered_treatment_is_never_carried_by_a_window() -> None:
    assert not windows(small("staggered")).carries
    long = windows(labelled(noisy(10, 80), treated_as("staggered", 10, 80)))
    assert long.length == 5  # of those treated longest; the other one is for three
    assert not long.carries


def test_forecasts_of_a_treatment_that_goes_on_and_off_are_refused() -> None:
    with pytest.raises(UnsupportedDesign, match="use time_placebos: interpolation or auto"):
        windows(small("on_off"), "forecast")
