"""Which pattern a treatment has, and who says no to what, in one clear line."""

import numpy as np
import pytest

from estimators import ESTIMATORS, InvalidPanel, Panel, UnsupportedDesign
from estimators.core.designs import cohorts, identified, pattern
from estimators.core.panel import BoolArray, FloatArray, listed
from estimators.variance.dealing import dealt_and_rotated
from tests.estimators.catalogue import quick
from tests.estimators.panels import ANSWER_ON_OFF, labelled, noisy, small, softdrinks, treated_as

WEIGHTING = ("sc", "difp", "sdid")


def treatment(*rows: str) -> BoolArray:
    """One string for each unit: 1 where treated."""
    return np.array([[cell == "1" for cell in row] for row in rows])


def panel(*rows: str) -> Panel:
    treated = treatment(*rows)
    return labelled(noisy(*treated.shape), treated)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("0011", "0000"), "block"),
        (("0110", "0000"), "block"),  # a promotion ends before the panel does
        (("0110", "0110", "0000"), "block"),
        (("0011", "0001", "0000"), "staggered"),
        (("0110", "0011", "0000"), "on_off"),  # one ends while the other goes on
        (("0010", "0011", "0000"), "on_off"),
        (("0101", "0000", "0000"), "on_off"),
        (("0011", "1010", "0000"), "on_off"),
        (("1111", "0000"), "block"),
    ],
)
def test_patterns_are_told_apart(rows: tuple[str, ...], expected: str) -> None:
    assert pattern(panel(*rows)) == expected


def test_cohorts_share_a_run_and_come_in_order() -> None:
    found = cohorts(panel("0011", "0110", "0011", "0000"))
    assert [(c.start, c.stop, c.units.tolist()) for c in found] == [(1, 3, [1]), (2, 4, [0, 2])]


@pytest.mark.parametrize("name", WEIGHTING)
def test_weighting_methods_refuse_on_and_off_with_labels_and_a_way_out(name: str) -> None:
    with pytest.raises(UnsupportedDesign) as refusal:
        ESTIMATORS[name].fit(panel("010100", "011000", "001010", "000000"))
    text = str(refusal.value)
    assert "switches on and off in 2 of 3 treated units (u0, u2)" in text
    assert text.endswith(f"use did, mc or dwcp, or {name} with on_off: per_cell")
    assert "\n" not in text


@pytest.mark.parametrize("name", WEIGHTING)
def test_on_softdrinks_they_refuse_and_say_how_many_stores(name: str) -> None:
    with pytest.raises(UnsupportedDesign, match=r"on and off in \d+ of 102 treated units \(store_"):
        quick(name).tune(softdrinks()).fit(softdrinks())


@pytest.mark.parametrize("name", ANSWER_ON_OFF)
def test_the_others_answer_on_and_off(name: str) -> None:
    found = quick(name, "on_off").fit(small("on_off"))
    assert np.isfinite(found.counterfactual[small("on_off").treatment]).all()


@pytest.mark.parametrize("name", WEIGHTING)
def test_a_treated_unit_with_a_gap_before_treatment_is_named(name: str) -> None:
    whole = panel("0000011", "0000000", "0000000", "0000000")
    outcome = whole.outcome.copy()
    outcome[0, 2] = np.nan
    with pytest.raises(UnsupportedDesign, match=r"1 cells are not, first \(u0, 2\)"):
        ESTIMATORS[name].fit(Panel(outcome, whole.treatment, whole.units, whole.periods))


@pytest.mark.parametrize("name", WEIGHTING)
def test_without_a_period_before_treatment_weighting_methods_refuse(name: str) -> None:
    with pytest.raises(UnsupportedDesign, match="u0 is treated from the first, 0"):
        ESTIMATORS[name].fit(panel("1100", "0000", "0000"))


def test_sdid_needs_two_periods_before_treatment_to_measure_noise() -> None:
    with pytest.raises(UnsupportedDesign, match=r"needs two periods before treatment .* after 1"):
        ESTIMATORS["sdid"].fit(panel("0111", "0000", "0000"))


@pytest.mark.parametrize("name", ANSWER_ON_OFF)
def test_an_always_treated_unit_cannot_be_imputed(name: str) -> None:
    with pytest.raises(UnsupportedDesign) as refusal:
        ESTIMATORS[name].fit(panel("1111", "0011", "0000"))
    assert "cannot impute 4 treated cells, first (u0, 0)" in str(refusal.value)
    assert "1 units have no untreated period (u0)" in str(refusal.value)


@pytest.mark.parametrize("name", ANSWER_ON_OFF)
def test_a_period_in_which_nobody_is_untreated_cannot_be_imputed(name: str) -> None:
    with pytest.raises(UnsupportedDesign, match=r"in 1 periods nobody is untreated \(3\)"):
        ESTIMATORS[name].fit(panel("0011", "0001", "0101"))


@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_without_any_control_nobody_answers_for_a_block(name: str) -> None:
    with pytest.raises(UnsupportedDesign):
        ESTIMATORS[name].fit(panel("0011", "0011", "0011"))


@pytest.mark.parametrize("name", WEIGHTING)
def test_a_staggered_panel_without_never_treated_units_has_no_donors(name: str) -> None:
    with pytest.raises(UnsupportedDesign, match="1 never-treated units; there are 0 among 3"):
        ESTIMATORS[name].fit(panel("00011", "00111", "00001"))


@pytest.mark.parametrize("name", ANSWER_ON_OFF)
def test_groups_that_share_neither_unit_nor_period_cannot_be_compared(name: str) -> None:
    treated = treatment("0011", "0011", "1100", "1100")
    outcome: FloatArray = noisy(4, 4)
    with pytest.raises(UnsupportedDesign, match="groups that share neither a unit nor a period"):
        ESTIMATORS[name].fit(labelled(outcome, treated))


def test_what_is_identified_is_what_usable_cells_connect() -> None:
    found = identified(labelled(noisy(4, 4), treatment("0011", "0011", "1100", "1100")))
    np.testing.assert_array_equal(found, ~treatment("0011", "0011", "1100", "1100"))


def good() -> dict[str, object]:
    return {
        "outcome": np.zeros((2, 3)),
        "treatment": treatment("001", "000"),
        "units": ("a", "b"),
        "periods": (1, 2, 3),
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": np.zeros((2, 2))}, r"outcome has shape \(2, 2\); the labels imply \(2, 3\)"),
        ({"treatment": np.zeros((3, 3))}, "treatment has shape"),
        ({"treatment": np.array([[0, 0, 2], [0, 0, 0]])}, "true or false"),
        ({"treatment": np.array([[0, 0, np.nan], [0, 0, 0]])}, "true or false"),
        ({"treatment": np.zeros((2, 3))}, "no cell is treated"),
        ({"units": ("a", "a")}, "unit labels repeat: a"),
        ({"periods": (1, 2, 2)}, "period labels repeat: 2"),
        ({"outcome": np.array([[0, 0, 0], [0, np.inf, 0]])}, r"infinite in 1 of 6 .* \(b, 2\)"),
    ],
)
def test_a_malformed_panel_says_what_is_wrong(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidPanel, match=message):
        Panel(**(good() | change))  # type: ignore[arg-type]


def test_a_panel_copies_what_it_is_given() -> None:
    outcome = np.zeros((2, 3))
    made = Panel(outcome, treatment("001", "000"), ("a", "b"), (1, 2, 3))
    outcome[:] = 5
    assert not made.outcome.any()


def test_long_lists_of_labels_are_cut_short() -> None:
    assert listed(list("abcdefg")) == "a, b, c, d, e and 2 more"


def test_a_part_of_a_panel_keeps_its_labels_and_order() -> None:
    whole = labelled(noisy(10, 16), treated_as("block"))
    part = whole.select(np.array([0, 4, 5]), np.arange(16) > 8)
    assert part.units == ("u0", "u4", "u5")
    assert part.periods == tuple(range(9, 16))
    np.testing.assert_array_equal(part.outcome, whole.outcome[[0, 4, 5], 9:])


@pytest.mark.parametrize("key", WEIGHTING)
def test_runs_that_end_at_different_times_are_refused_with_both_ends_named(key: str) -> None:
    ended = panel("00110000", "00011100", *["00000000"] * 6)
    with pytest.raises(UnsupportedDesign, match="2 different times"):
        ESTIMATORS[key].fit(ended)


def test_an_on_off_placebo_asks_only_for_cells_it_can_score() -> None:
    real = panel("0101010", "1010001", "0011010", "1000101", "0100000", "0000010")
    for placement in dealt_and_rotated(real, 20, 1).placements:
        placed = placement.panel(real)
        assert (placed.treatment <= placed.observed).all()
        assert not (placed.treatment & real.treatment).any()
