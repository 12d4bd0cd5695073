"""On/off placements: what they score, and how deals and rotations are crossed."""

import numpy as np
import pytest

from estimators import ESTIMATORS, Panel, att
from estimators.core.designs import identified
from estimators.variance.dealing import dealt, dealt_and_rotated, rotated
from estimators.variance.placebos import Placebos
from tests.estimators.panels import labelled, noisy, small, treated_as


@pytest.mark.parametrize("seed", range(4))
def test_on_off_placements_score_exactly_what_is_untreated_and_can_be_imputed(seed: int) -> None:
    panel = small("on_off", seed)
    pools = (dealt(panel, 10, seed), rotated(panel, 10), dealt_and_rotated(panel, 10, seed))
    for placement in [placed for pool in pools for placed in pool.placements]:
        hidden = labelled(np.where(panel.treatment, np.nan, panel.outcome), placement.treatment)
        expected = placement.treatment & ~panel.treatment & identified(hidden)
        found = placement.panel(panel)
        np.testing.assert_array_equal(found.treatment & found.observed, expected)


def test_cells_that_nothing_untreated_connects_are_not_asked_for() -> None:
    treatment = np.random.default_rng(2).random((8, 10)) < 0.6
    treatment[:, 0] = treatment[-1] = False
    panel = labelled(noisy(8, 10), treatment)
    lost = 0
    for placement in dealt(panel, 20, 0).placements:
        hidden = labelled(np.where(treatment, np.nan, panel.outcome), placement.treatment)
        pretended = placement.treatment & ~treatment
        lost += int((pretended & ~identified(hidden)).sum())
        found = placement.panel(panel)
        np.testing.assert_array_equal(
            found.treatment & found.observed, pretended & identified(hidden)
        )
    assert lost


def test_deals_keep_every_period_and_rotations_every_unit() -> None:
    panel = small("on_off")
    for placement in dealt(panel, 10, 0).placements:
        np.testing.assert_array_equal(placement.treatment.sum(axis=0), panel.treatment.sum(axis=0))
    for placement, shift in zip(rotated(panel, 30).placements, range(1, 16), strict=True):
        np.testing.assert_array_equal(placement.treatment, np.roll(panel.treatment, shift, axis=1))


def test_every_deal_is_placed_in_every_rotation() -> None:
    panel = labelled(noisy(12, 30), treated_as("on_off", 12, 30))
    pool = dealt_and_rotated(panel, 100, 0)
    assert len(pool.placements) == 100
    assert "in 10 ways, each rotated in time by 10 shifts" in pool.construction
    for deal in range(10):
        places = {tuple(pool.placements[d].group) for d in np.flatnonzero(pool.groups == deal)}
        assert len(places) == 1
    for shift in np.unique(pool.times):
        rotations = {pool.placements[d].rotation for d in np.flatnonzero(pool.times == shift)}
        assert rotations == {shift}


def double_difference_variance(panel: Panel) -> float:
    """To first order, cell by cell, of independent noise: by units and by periods in turn."""
    scored = panel.treatment & panel.observed
    found = 1 / int(scored.sum())
    for mine, usable in zip([*scored, *scored.T], [*panel.usable, *panel.usable.T], strict=True):
        if mine.any() and usable.any():
            found += (int(mine.sum()) / int(scored.sum())) ** 2 / int(usable.sum())
    return found


def test_effects_are_on_the_scale_of_the_estimate_which_scores_more_cells() -> None:
    panel, did = small("on_off"), ESTIMATORS["did"]
    found = Placebos(panel, did, 12, seed=3)
    pools = (
        (found.same_period, dealt(panel, 12, 3)),
        (found.same_unit, rotated(panel, 12)),
        (found.controls_past, dealt_and_rotated(panel, found.crossed, 3)),
    )
    for effects, pool in pools:
        expected = []
        for placement in pool.placements:
            placed = placement.panel(panel)
            scale = double_difference_variance(panel) / double_difference_variance(placed)
            expected.append(np.sqrt(scale) * att(placed, did.fit(placed)))
        assert min(expected) < max(expected)
        np.testing.assert_allclose(effects.overall, expected)


def test_no_two_pools_share_their_lots() -> None:
    panel = labelled(noisy(12, 30), treated_as("on_off", 12, 30))
    deals = [
        {tuple(placement.group) for placement in pool.placements}
        for pool in (dealt(panel, 100, 5), dealt_and_rotated(panel, 100, 5))
    ]
    assert not deals[0] & deals[1]


def test_what_the_pattern_does_not_observe_it_scores_nowhere() -> None:
    whole = small("on_off")
    outcome = whole.outcome.copy()
    treated = np.flatnonzero(whole.treatment[0])
    outcome[0, treated[1:]] = np.nan  # one treated cell of the first unit is left
    panel = labelled(outcome, whole.treatment)
    for placement in dealt(panel, 20, 0).placements:
        place = int(placement.group[0])  # who wears the first unit's row
        placed = placement.panel(panel)
        assert (placed.treatment & placed.observed)[place].sum() <= 1
