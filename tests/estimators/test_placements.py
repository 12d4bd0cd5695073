"""Placebo panels: where they are placed, and that truly treated outcomes never enter them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimators import Panel, UnsupportedDesign
from estimators.core.placements import Placement, Pool, across_both, across_units
from estimators.variance.dealing import dealt, dealt_and_rotated, rotated
from estimators.variance.windows import TimePlacebos, control_windows, own_windows, windows
from tests.estimators.panels import labelled, noisy, small, treated_as


def single_run_pools(
    panel: Panel, count: int, seed: int, style: TimePlacebos = "auto"
) -> tuple[Pool, ...]:
    found = windows(panel, style)
    return (
        across_units(panel, count, seed),
        across_both(panel, count, seed),
        own_windows(panel, found, count),
        control_windows(panel, found, count, seed),
    )


def on_off_pools(panel: Panel, count: int, seed: int) -> tuple[Pool, ...]:
    return (
        dealt(panel, count, seed), rotated(panel, count), dealt_and_rotated(panel, count, seed)
    )  # fmt: skip


def scored(placement: Placement, panel: Panel) -> list[tuple[int, int]]:
    """Positions, in the real panel, of cells whose placebo effect counts."""
    placed = placement.panel(panel)
    return [
        (int(placement.units[i]), int(placement.periods[t]))
        for i, t in np.argwhere(placed.treatment & placed.observed)
    ]


@settings(max_examples=40, derandomize=True)
@given(
    seed=st.integers(0, 1000),
    treated=st.integers(1, 3),
    design=st.sampled_from(["block", "staggered", "on_off"]),
    style=st.sampled_from(["forecast", "interpolation"]),
)
def test_no_placebo_panel_contains_a_truly_treated_outcome(
    seed: int, treated: int, design: str, style: TimePlacebos
) -> None:
    treatment = treated_as(design, 10, 20, seed, treated)
    outcome = np.where(treatment, 1e9, noisy(10, 20, seed))  # a truly treated outcome stands out
    panel = labelled(outcome, treatment)
    on_off = design == "on_off"
    pools = on_off_pools(panel, 12, seed) if on_off else single_run_pools(panel, 12, seed, style)
    for pool in pools:
        assert len(pool.groups) == len(pool.times) == len(pool.placements)
        for placement in pool.placements:
            placed = placement.panel(panel)
            assert np.nanmax(placed.outcome) < 1e8
            assert placed.treatment.any()
            for unit, period in scored(placement, panel):
                assert not treatment[unit, period]


def test_single_run_placebos_keep_pattern_size_and_time() -> None:
    panel = small("staggered")
    runs = sorted(panel.treatment.sum(axis=1)[panel.treated_units])
    for placement in across_units(panel, 200, 0).placements:
        rows = placement.treatment[placement.treatment.any(axis=1)]
        np.testing.assert_array_equal(rows, panel.treatment[panel.treated_units])
        assert not panel.treated_units[placement.units].any()
        assert sorted(rows.sum(axis=1)) == runs


@pytest.mark.parametrize("design", ["block", "staggered"])
def test_what_the_pattern_does_not_observe_its_placebos_do_not_score(design: str) -> None:
    """An att over few observed cells is not as sure as one over all of them."""
    whole = small(design)
    outcome = whole.outcome.copy()
    outcome[0, -2:] = np.nan
    panel = labelled(outcome, whole.treatment)
    rows = panel.treatment[:2]
    seen = rows & panel.observed[:2]
    for pool, shift in ((across_units(panel, 40, 0), 0), (across_both(panel, 40, 0), None)):
        for placement, time in zip(pool.placements, pool.times, strict=True):
            moved = int(time) + 1 if shift is None else shift
            placed = placement.panel(panel)
            worn = np.searchsorted(placement.units, placement.group)
            np.testing.assert_array_equal(placed.treatment[worn], rows[:, moved:])
            np.testing.assert_array_equal(
                (placed.treatment & placed.observed)[worn], seen[:, moved:]
            )


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
        # two different units each, and nearly every unit somewhere
        assert {int(p.treatment.any(axis=1).sum()) for p in first.placements} == {2}
        assert len({int(unit) for p in first.placements for unit in p.group}) >= 24
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
    first, second = ([tuple(p.group) for p in across_both(panel, 90, seed).placements]
                     for seed in (1, 2))  # fmt: skip
    assert first != second  # which groups each time gets is left to the seed


@pytest.mark.parametrize("controls", [1, 2, 3])
def test_too_few_donors_are_counted_against_what_is_needed(controls: int) -> None:
    panel = labelled(noisy(controls + 2, 16), treated_as("block", controls + 2, 16))
    message = f"need 4 never-treated units for 2 treated; there are {controls}"
    with pytest.raises(UnsupportedDesign, match=message):
        across_units(panel, 10, 0)
    with pytest.raises(UnsupportedDesign, match=message):
        control_windows(panel, windows(panel), 10, 0)


def test_patterns_that_cannot_be_placed_earlier_say_how_many_periods_there_are() -> None:
    treatment = np.zeros((10, 5), dtype=bool)
    treatment[0, 3:] = True
    with pytest.raises(UnsupportedDesign, match=r"more than 3 periods before .* there are 3"):
        across_both(labelled(noisy(10, 5), treatment), 10, 0)
