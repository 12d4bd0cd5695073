"""Refits inside placebos begin near their end, and that changes nothing but the time they take."""

import numpy as np
import pytest

from estimators import Panel, att
from estimators.core.placements import Placement, across_both, across_units
from estimators.synthetic_did import SyntheticDifferenceInDifferences
from tests.estimators.panels import labelled, noisy, prop99, treated_as


def many_donors(design: str) -> Panel:
    """More donors than periods before treatment, so that λ is unique."""
    treatment = treated_as(design, units=30, periods=16)
    return labelled(noisy(30, 16), treatment)


def few_donors() -> Panel:
    """Fewer donors than periods before treatment: many λ are equally good."""
    treatment = treated_as("block", units=8, periods=30, treated=1)
    return labelled(noisy(8, 30), treatment)


PANELS = [many_donors("block"), many_donors("staggered"), few_donors(), prop99()]


@pytest.mark.parametrize("panel", PANELS, ids=["block", "staggered", "few donors", "prop99"])
def test_a_refit_that_begins_at_the_weights_found_answers_the_same(panel: Panel) -> None:
    tuned = SyntheticDifferenceInDifferences().tune(panel)
    warm = tuned.for_placebos(panel)
    assert warm == tuned  # where it begins is no setting
    pools = (across_units(panel, 12, 0), across_both(panel, 12, 0))
    for placement in [placed for pool in pools for placed in pool.placements[:12]]:
        placed = placement.panel(panel)
        begun, cold = warm.fit(placed), tuned.fit(placed)
        assert att(placed, begun) == pytest.approx(att(placed, cold), abs=1e-10)
        assert begun.optimality < 1e-12


def test_refits_in_another_order_have_the_same_bits() -> None:
    panel = many_donors("block")
    warm = SyntheticDifferenceInDifferences().tune(panel).for_placebos(panel)
    placements = across_units(panel, 20, 0).placements

    def effects(order: tuple[Placement, ...]) -> list[float]:
        return [att(p.panel(panel), warm.fit(p.panel(panel))) for p in order]

    assert effects(placements) == effects(placements[::-1])[::-1]


def test_a_placement_cuts_the_panel_as_rows_and_columns_do() -> None:
    panel = many_donors("block")
    rows, group = np.arange(2, 30), np.array([4, 9])
    pattern = np.ones((2, 1), dtype=np.bool_)
    for columns in (np.arange(3, 12), np.array([0, 2, 5, 11])):
        window = np.repeat(pattern, len(columns), axis=1)
        window[:, :-1] = False
        placed = Placement(rows, columns, group, window).panel(panel)
        np.testing.assert_array_equal(placed.outcome, panel.outcome[np.ix_(rows, columns)])
        assert placed.units == tuple(panel.units[i] for i in rows)
        assert placed.periods == tuple(panel.periods[t] for t in columns)
        assert placed.treatment.sum() == 2
