"""Treatment that switches, answered cell by cell: an extension, labelled as one."""

from itertools import combinations

import numpy as np
import pytest

from estimators import Panel, UnsupportedDesign, att
from estimators.core.panel import BoolArray
from estimators.demeaned_synthetic_control import DemeanedSyntheticControl
from estimators.synthetic_control import SyntheticControl
from estimators.synthetic_did import SyntheticDifferenceInDifferences
from estimators.variance.placebos import Placebos
from estimators.weighting.cells import LEAST_DONORS, LEAST_MATCHED, cell_targets
from tests.estimators.panels import (
    EFFECT,
    additive,
    labelled,
    noisy,
    permuted,
    small,
    softdrinks,
    treated_as,
    with_outcome,
)
from tests.estimators.twins.weighting import counterfactual

Weighting = SyntheticControl | DemeanedSyntheticControl | SyntheticDifferenceInDifferences
METHODS: dict[str, Weighting] = {
    "sc": SyntheticControl(on_off="per_cell"),
    "difp": DemeanedSyntheticControl(on_off="per_cell"),
    "sdid": SyntheticDifferenceInDifferences(on_off="per_cell"),
}
SHRUNK: dict[str, Weighting] = {
    "sc": SyntheticControl(on_off="per_cell", regularize="sdid", zeta=(0.6,)),
    "difp": DemeanedSyntheticControl(on_off="per_cell", regularize="sdid", zeta=(0.6,)),
}


def switching(seed: int = 0, units: int = 12, periods: int = 14) -> Panel:
    treatment = np.random.default_rng(seed).random((units, periods)) < 0.25
    treatment[:, 0] = False
    return labelled(noisy(units, periods, seed) + EFFECT * treatment, treatment)


def largest(usable: BoolArray, unit: int, period: int) -> tuple[list[int], list[int]]:
    """The rule as cells.py prints it, with sets."""
    past = [s for s in range(period) if usable[unit, s]]
    donors = {j for j in range(len(usable)) if j != unit and usable[j, period]}
    chosen: list[int] = []
    best: tuple[int, list[int], list[int]] = (0, [], [])
    while len(chosen) < len(past):
        left = [s for s in past if s not in chosen]
        kept = {s: {j for j in donors if usable[j, s]} for s in left}
        most = max(len(some) for some in kept.values())
        new = max(s for s in left if len(kept[s]) == most)
        chosen.append(new)
        donors = kept[new]
        size = len(chosen) * len(donors)
        if len(chosen) >= LEAST_MATCHED and len(donors) >= LEAST_DONORS and size >= best[0]:
            best = (size, sorted(chosen), sorted(donors))
    return best[1], best[2]


@pytest.mark.parametrize("seed", range(3))
def test_cells_are_compared_as_the_rule_says(seed: int) -> None:
    panel = switching(seed)
    outcome = panel.outcome.copy()
    outcome[np.random.default_rng(seed + 50).random(outcome.shape) < 0.05] = np.nan
    panel = with_outcome(panel, outcome)
    found = cell_targets(panel, METHODS["sc"])
    answered = {(int(one.units[0]), int(one.scored[0])): one for one in found.each}
    for unit, period in np.argwhere(panel.treatment & panel.observed):
        matched, donors = largest(panel.usable, unit, period)
        if not matched:
            assert found.left_out is not None
            assert found.left_out[unit, period]
            continue
        one = answered.pop((int(unit), int(period)))
        assert (one.before.tolist(), one.donors.tolist()) == (matched, donors)
    assert not answered


def test_the_chosen_rectangle_is_rarely_far_from_the_largest_there_is() -> None:
    """All sets of matched periods are tried; greed keeps nine tenths of the data on average."""
    panel = switching(4, units=9, periods=9)
    shares = []
    for one in cell_targets(panel, METHODS["sc"]).each:
        unit, period = int(one.units[0]), int(one.scored[0])
        past = np.flatnonzero(panel.usable[unit, :period])
        sizes = [
            k * int(panel.usable[:, np.array([*some, period])].all(axis=1).sum())
            for k in range(LEAST_MATCHED, len(past) + 1)
            for some in combinations(past, k)
        ]
        shares.append(len(one.before) * len(one.donors) / max(sizes))
    assert len(shares) > 5
    assert np.mean(shares) > 0.9


@pytest.mark.parametrize("name", ["sc", "difp"])
def test_each_cell_is_what_a_general_optimiser_finds(name: str) -> None:
    panel = switching(1)
    fit = SHRUNK[name].fit(panel)
    for one in cell_targets(panel, SHRUNK[name]).each[::5]:
        expected = counterfactual(
            name, panel.outcome, one.donors, one.units, one.before, one.scored, 0.6
        )
        found = fit.counterfactual[np.ix_(one.units, one.scored)]
        np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("name", ["difp", "sdid"])
def test_the_effect_that_is_there_is_found_in_every_cell(name: str) -> None:
    treatment = treated_as("on_off", units=14, periods=18)
    panel = labelled(additive(14, 18) + EFFECT * treatment, treatment)
    fit = METHODS[name].fit(panel)
    answered = np.isfinite(fit.counterfactual)
    gaps = (panel.outcome - fit.counterfactual)[answered]
    np.testing.assert_allclose(gaps, EFFECT, atol=1e-7)
    assert (answered <= treatment).all()
    assert answered.sum() > 0.8 * treatment.sum()


@pytest.mark.parametrize("name", METHODS)
def test_a_note_says_that_nobody_has_published_this_and_what_is_left_out(name: str) -> None:
    panel = small("on_off")
    fit = METHODS[name].fit(panel)
    assert fit.left_out is not None
    lost = int(fit.left_out.sum())
    assert "an extension without a published definition" in fit.notes[0]
    assert fit.notes[1].startswith(f"left out: {lost} of {int(panel.treatment.sum())} treated")
    np.testing.assert_array_equal(np.isfinite(fit.counterfactual), panel.treatment & ~fit.left_out)
    (average,) = fit.weights
    assert average.units is not None
    assert average.units.sum() == pytest.approx(1)


@pytest.mark.parametrize("name", METHODS)
def test_treated_outcomes_are_no_data_for_any_cell(name: str) -> None:
    panel = small("on_off")
    moved = with_outcome(panel, panel.outcome + 100 * panel.treatment)
    np.testing.assert_array_equal(
        METHODS[name].fit(panel).counterfactual, METHODS[name].fit(moved).counterfactual
    )


@pytest.mark.parametrize("name", METHODS)
def test_the_order_of_units_does_not_matter(name: str) -> None:
    panel = small("on_off")
    estimator = METHODS[name].tune(panel)
    mixed = permuted(panel, units=np.random.default_rng(3).permutation(10))
    assert att(mixed, estimator.fit(mixed)) == pytest.approx(
        att(panel, estimator.fit(panel)), abs=2e-5
    )


@pytest.mark.parametrize("name", METHODS)
def test_where_all_are_treated_at_once_it_refuses(name: str) -> None:
    treatment = np.tile([False, False, False, True, False, True], (5, 1))
    panel = labelled(noisy(5, 6), treatment)
    with pytest.raises(UnsupportedDesign, match=f"{name} can compare none of 10 treated cells"):
        METHODS[name].fit(panel)


@pytest.mark.parametrize("name", METHODS)
def test_softdrinks_are_answered_for_three_cells_of_four(name: str) -> None:
    panel = softdrinks()
    estimator = METHODS[name].tune(panel)
    fit = estimator.fit(panel)
    assert fit.left_out is not None
    assert int(fit.left_out.sum()) == 558
    assert np.isfinite(att(panel, fit))
    assert estimator.problems(panel) == 2370


def test_placebos_of_cells_are_the_same_question() -> None:
    """Dealt rows may turn out to be single runs; they are answered cell by cell all the same."""
    panel = switching(2)
    pools = Placebos(panel, METHODS["difp"].tune(panel), 20, 0)
    assert len(pools.same_period.overall) == 20
    assert np.isfinite(pools.same_period.overall).all()
