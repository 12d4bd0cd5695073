"""Placebo panels: where they are placed, and that truly treated outcomes never enter them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimators import Panel, UnsupportedDesign
from estimators.core.designs import identified
from estimators.core.placements import (
    Placement,
    Pool,
    across_both,
    across_periods,
    across_units,
    controls_before,
    dealt,
    training_length,
    window_length,
)
from tests.estimators.panels import labelled, noisy, prop99, small, treated_as


def single_run_pools(panel: Panel, count: int, seed: int) -> tuple[Pool, ...]:
    length = window_length(panel)
    return (
        across_units(panel, count, seed),
        across_both(panel, count, seed),
        across_periods(panel, length),
        controls_before(panel, length, count, seed),
    )


def on_off_pools(panel: Panel, count: int, seed: int) -> tuple[Pool, ...]:
    return tuple(
        dealt(panel, count, seed, units=units, periods=periods)
        for units, periods in ((True, False), (False, True), (True, True))
    )


def scored(placement: Placement, panel: Panel) -> list[tuple[int, int]]:
    """Positions, in the real panel, of cells whose placebo effect counts."""
    placed = placement.panel(panel)
    return [
        (int(placement.units[i]), int(placement.periods[t]))
        for i, t in np.argwhere(placed.treatment & placed.observed)
    ]


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 1000),
    treated=st.integers(1, 3),
    design=st.sampled_from(["block", "staggered", "on_off"]),
)
def test_no_placebo_panel_contains_a_truly_treated_outcome(
    seed: int, treated: int, design: str
) -> None:
    treatment = treated_as(design, 10, 20, seed, treated)
    outcome = np.where(treatment, 1e9, noisy(10, 20, seed))  # a truly treated outcome stands out
    panel = labelled(outcome, treatment)
    pools = on_off_pools if design == "on_off" else single_run_pools
    for pool in pools(panel, 12, seed):
        for placement in pool.placements:
            placed = placement.panel(panel)
            assert np.nanmax(placed.outcome) < 1e8
            assert placed.treatment.any()
            for unit, period in scored(placement, panel):
                assert not treatment[unit, period]


@pytest.mark.parametrize("seed", range(4))
def test_on_off_placements_score_exactly_what_is_untreated_and_can_be_imputed(seed: int) -> None:
    panel = small("on_off", seed)
    for pool in on_off_pools(panel, 10, seed):
        for placement in pool.placements:
            hidden = labelled(np.where(panel.treatment, np.nan, panel.outcome), placement.treatment)
            expected = placement.treatment & ~panel.treatment & identified(hidden)
            found = placement.panel(panel)
            np.testing.assert_array_equal(found.treatment & found.observed, expected)


def test_single_run_placebos_keep_pattern_size_and_time() -> None:
    panel = small("staggered")
    runs = sorted(panel.treatment.sum(axis=1)[panel.treated_units])
    for placement in across_units(panel, 200, 0).placements:
        rows = placement.treatment[placement.treatment.any(axis=1)]
        np.testing.assert_array_equal(rows, panel.treatment[panel.treated_units])
        assert not panel.treated_units[placement.units].any()
        assert sorted(rows.sum(axis=1)) == runs


def test_earlier_placebos_are_forecasts_with_half_the_past_before_them() -> None:
    panel = prop99()
    least = training_length(panel)
    assert least == 9
    length = window_length(panel)
    assert length == 2  # 10 periods of room, four disjoint windows
    for pool in (across_periods(panel, length), controls_before(panel, length, 50, 0)):
        for placement in pool.placements:
            treated = np.flatnonzero(placement.treatment.any(axis=0))
            assert len(treated) == length
            assert treated[0] >= least
            assert treated[-1] == len(placement.periods) - 1 < 19


def test_windows_are_all_there_are_in_the_treated_units_own_past() -> None:
    panel = prop99()
    pool = across_periods(panel, 2)
    california = panel.units.index("California")
    starts = [cells[0][1] for cells in (scored(p, panel) for p in pool.placements)]
    assert starts == list(range(9, 18))
    assert {cell[0] for p in pool.placements for cell in scored(p, panel)} == {california}
    assert pool.df == 4  # five disjoint windows, less one


@pytest.mark.parametrize("units", [8, 30])
def test_few_groups_are_enumerated_whatever_the_seed_and_many_are_sampled(units: int) -> None:
    treatment = treated_as("block", units, 16)
    panel = labelled(noisy(units, 16), treatment)
    first, second = (across_units(panel, 60, seed) for seed in (1, 2))
    same = [
        np.array_equal(a.treatment, b.treatment)
        for a, b in zip(first.placements, second.placements, strict=True)
    ]
    if units == 8:
        assert len(first.placements) == 15
        assert all(same)
        assert first.construction.startswith("all 15 placements")
    else:
        assert len(first.placements) == 60
        assert not all(same)
        assert first.construction.startswith("60 of 378 placements")


def test_placements_of_a_large_panel_hold_whom_they_treat_and_share_the_rest() -> None:
    treatment = treated_as("block", 3000, 40, treated=1000)
    pool = across_units(labelled(noisy(3000, 40), treatment), 50, 0)
    assert pool.construction.startswith("50 of more than 1,000,000,000 placements")
    shared = {id(held) for p in pool.placements for held in (p.units, p.periods, p.pattern)}
    assert len(shared) == 3
    assert all(len(placement.group) == 1000 for placement in pool.placements)


def test_sampled_placements_give_every_time_equally_often() -> None:
    panel = labelled(noisy(30, 20), treated_as("block", 30, 20))
    pool = across_both(panel, 90, 0)
    ends = [len(p.periods) for p in pool.placements]
    counts = np.unique(ends, return_counts=True)[1]
    assert counts.max() - counts.min() <= 1


def test_degrees_of_freedom_count_exchangeable_units_and_disjoint_windows() -> None:
    panel = labelled(noisy(12, 24), treated_as("block", 12, 24))  # 10 donors, 21 periods before
    length = window_length(panel)
    assert (training_length(panel), length) == (10, 2)
    assert across_units(panel, 200, 0).df == 9
    assert across_periods(panel, length).df == 11 // length - 1
    assert controls_before(panel, length, 200, 0).df == 9 * (11 // length)
    assert across_both(panel, 200, 0).df == 9 * (11 // 3)


@pytest.mark.parametrize("controls", [1, 2, 3])
def test_too_few_donors_are_counted_against_what_is_needed(controls: int) -> None:
    panel = labelled(noisy(controls + 2, 16), treated_as("block", controls + 2, 16))
    message = f"need 4 never-treated units for 2 treated; there are {controls}"
    with pytest.raises(UnsupportedDesign, match=message):
        across_units(panel, 10, 0)


def test_too_short_a_past_is_counted_against_what_is_needed() -> None:
    treatment = np.zeros((10, 8), dtype=bool)
    treatment[0, 6:] = True
    panel = labelled(noisy(10, 8), treatment)
    with pytest.raises(UnsupportedDesign, match="need 7 periods before treatment; there are 6"):
        window_length(panel)
    short = panel.select(np.arange(10), np.arange(3, 8))
    with pytest.raises(UnsupportedDesign, match=r"more than 3 periods before .* there are 3"):
        across_both(short, 10, 0)


def test_exactly_the_periods_asked_for_are_enough() -> None:
    treatment = np.zeros((10, 10), dtype=bool)
    treatment[0, 8:] = True
    panel = labelled(noisy(10, 10), treatment)
    assert window_length(panel) == 1
    assert len(across_periods(panel, 1).placements) == 4
