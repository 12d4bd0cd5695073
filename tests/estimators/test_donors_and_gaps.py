"""Who is compared with whom: later-treated donors, and missing outcomes."""

import numpy as np
import pytest

from estimators import (
    UnsupportedDesign,
    att,
)
from estimators.synthetic_did import SyntheticDifferenceInDifferences
from tests.estimators.panels import (
    EFFECT,
    small,
    with_outcome,
)
from tests.estimators.twins.weighting import counterfactual, noise
from tests.estimators.weighting import METHODS, method, staggered


@pytest.mark.parametrize("name", METHODS)
def test_later_treated_donors_answer_a_panel_in_which_everyone_is_treated(name: str) -> None:
    """Pieces: from 6 until 8 against u2, u3, u4; to 11 against u4; u2, u3 likewise; then nobody."""
    panel = staggered(5)
    zeta = {} if name != "sdid" else {"zeta": (0.7,)}
    with pytest.raises(UnsupportedDesign, match="donors: not_yet_treated"):
        method(name).fit(panel)
    fit = method(name, donors="not_yet_treated", **zeta).fit(panel)
    pieces = [
        ([0, 1], [2, 3, 4], range(6), range(6, 8)),
        ([0, 1], [4], range(6), range(8, 11)),
        ([2, 3], [4], range(8), range(8, 11)),
    ]
    expected = np.full(panel.outcome.shape, np.nan)
    for units, donors, before, scored in pieces:
        expected[np.ix_(units, scored)] = counterfactual(
            name, panel.outcome, donors, units, list(before), list(scored), 0.7 * (name == "sdid")
        )
    answered = np.isfinite(expected)
    np.testing.assert_allclose(fit.counterfactual[answered], expected[answered], atol=1e-5)
    np.testing.assert_array_equal(fit.left_out, panel.treatment & ~answered)
    assert att(panel, fit) == pytest.approx(
        (panel.outcome - expected)[answered].mean(), abs=1e-5
    )  # fmt: skip
    (note,) = fit.notes
    assert note.startswith("left out: 10 of 26 treated cells ((u0, 11), (u0, 12), (u1, 11)")
    assert [weights.label for weights in fit.weights] == [
        "treated from 6, periods 6 to 7",
        "treated from 6, periods 8 to 10",
        "treated from 8, periods 8 to 10",
    ]


@pytest.mark.parametrize("name", METHODS)
def test_no_treated_outcome_of_a_later_treated_donor_is_data(name: str) -> None:
    panel = staggered(7)
    hidden = with_outcome(panel, np.where(panel.treatment, np.nan, panel.outcome))
    estimator = method(name, donors="not_yet_treated")
    np.testing.assert_array_equal(
        estimator.fit(panel).counterfactual, estimator.fit(hidden).counterfactual
    )


@pytest.mark.parametrize("name", ["difp", "sdid"])
def test_later_treated_donors_find_the_effect_that_is_there(name: str) -> None:
    for units in (5, 8):
        panel = staggered(units, exact=True)
        fit = method(name, donors="not_yet_treated").fit(panel)
        gaps = (panel.outcome - fit.counterfactual)[
            panel.treatment & np.isfinite(fit.counterfactual)
        ]
        np.testing.assert_allclose(gaps, EFFECT, atol=1e-8)


@pytest.mark.parametrize("name", METHODS)
def test_in_a_block_later_treated_donors_change_nothing(name: str) -> None:
    panel = small("block")
    np.testing.assert_array_equal(
        method(name, donors="not_yet_treated").fit(panel).counterfactual,
        method(name).fit(panel).counterfactual,
    )


def test_each_piece_has_its_own_shrinkage() -> None:
    panel = staggered(7)
    tuned = SyntheticDifferenceInDifferences(donors="not_yet_treated").tune(panel)
    Y = panel.outcome
    assert tuned.zeta == pytest.approx(
        [
            (2 * 2) ** 0.25 * noise(Y, [2, 3, 4, 5, 6], 6),
            (2 * 3) ** 0.25 * noise(Y, [4, 5, 6], 6),
            (2 * 2) ** 0.25 * noise(Y, [5, 6], 6),
            (2 * 3) ** 0.25 * noise(Y, [4, 5, 6], 8),
            (2 * 2) ** 0.25 * noise(Y, [5, 6], 8),
            (1 * 2) ** 0.25 * noise(Y, [5, 6], 11),
        ]
    )


@pytest.mark.parametrize("name", METHODS)
def test_donors_with_gaps_are_left_out_as_if_they_had_been_excluded(name: str) -> None:
    panel = small("block")
    outcome = panel.outcome.copy()
    outcome[5, 3] = outcome[6, 14] = np.nan
    holed = with_outcome(panel, outcome)
    fit = method(name, gaps="drop").fit(holed)
    kept = [i for i in range(10) if i not in (5, 6)]
    without = panel.select(kept, np.arange(16))
    assert att(holed, fit) == pytest.approx(att(without, method(name).fit(without)), abs=1e-12)
    assert fit.notes == ("treated from 13: 2 donors are left out, outcomes are missing (u5, u6)",)


@pytest.mark.parametrize("name", METHODS)
def test_periods_without_a_treated_unit_are_not_matched(name: str) -> None:
    """As if they were not in the panel; ζ is given, for it looks at neighbouring periods."""
    panel = small("block")
    zeta = {"zeta": (0.5,)} if name == "sdid" else {}
    outcome = panel.outcome.copy()
    outcome[0, 4] = outcome[1, 7] = np.nan
    outcome[5, 4] = np.nan  # not needed: the period is not matched
    outcome[1, 14] = np.nan  # treated and missing: not scored, and no reason to refuse
    holed = with_outcome(panel, outcome)
    with pytest.raises(UnsupportedDesign, match="gaps: drop"):
        method(name, **zeta).fit(holed)
    fit = method(name, gaps="drop", **zeta).fit(holed)
    kept = [t for t in range(16) if t not in (4, 7)]
    shorter = holed.select(np.arange(10), kept)
    assert att(holed, fit) == pytest.approx(
        att(shorter, method(name, **zeta).fit(shorter)), abs=1e-9
    )
    assert fit.notes == (
        "treated from 13: 2 periods before treatment are not matched, a treated unit is not "
        "observed there (4, 7)",
    )


@pytest.mark.parametrize("name", METHODS)
def test_nobody_left_to_compare_with_is_a_refusal(name: str) -> None:
    panel = small("block")
    outcome = panel.outcome.copy()
    outcome[panel.control_units, 3] = np.nan
    with pytest.raises(UnsupportedDesign, match=f"{name} can compare none of 6 treated cells"):
        method(name, gaps="drop").fit(with_outcome(panel, outcome))
