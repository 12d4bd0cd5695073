"""Who is compared with whom: later-treated donors, missing outcomes, weights of each unit."""

from typing import Any

import numpy as np
import pytest

from estimators import (
    ESTIMATORS,
    VARIANCES,
    Estimator,
    Inference,
    Panel,
    UnsupportedDesign,
    att,
    evaluate,
)
from estimators.demeaned_synthetic_control import DemeanedSyntheticControl
from estimators.synthetic_control import SyntheticControl
from estimators.synthetic_did import SyntheticDifferenceInDifferences
from tests.estimators.panels import (
    EFFECT,
    additive,
    labelled,
    noisy,
    permuted,
    prop99,
    small,
    with_outcome,
)
from tests.estimators.twins.weighting import counterfactual, noise

METHODS = {
    "sc": SyntheticControl,
    "difp": DemeanedSyntheticControl,
    "sdid": SyntheticDifferenceInDifferences,
}
STARTS = (6, 6, 8, 8, 11)  # of the first units; where there are more, they are never treated


def method(name: str, **options: Any) -> Estimator:
    made: Estimator = METHODS[name](**options)
    return made


def staggered(units: int, *, effect: float = EFFECT, exact: bool = False, seed: int = 3) -> Panel:
    treatment = np.zeros((units, 13), dtype=bool)
    for unit, start in enumerate(STARTS):
        treatment[unit, start:] = True
    outcome = additive(units, 13, seed) if exact else noisy(units, 13, seed)
    return labelled(outcome + effect * treatment, treatment)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    ("option", "choices"),
    [
        ("donors", "never_treated, not_yet_treated"),
        ("gaps", "refuse, drop"),
        ("weights", "average_of_treated, per_unit"),
        ("on_off", "refuse, per_cell"),
        ("covariates", "ignore, projected, joint"),
    ],
)
def test_an_unknown_choice_is_refused_with_the_known_ones(
    name: str, option: str, choices: str
) -> None:
    with pytest.raises(ValueError, match=f"{name}: {option} is one of {choices}; not 'all'"):
        method(name, **{option: "all"})


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


@pytest.mark.parametrize("name", METHODS)
def test_weights_of_each_unit_are_those_it_has_alone(name: str) -> None:
    panel = small("block")
    estimator = method(name, weights="per_unit")
    fit = estimator.fit(panel)
    controls = np.flatnonzero(panel.control_units)
    for unit in (0, 1):
        alone = panel.select(np.append(unit, controls), np.arange(16))
        own = method(name).fit(alone)
        np.testing.assert_allclose(fit.counterfactual[unit], own.counterfactual[0], atol=1e-9)
    assert [one.label for one in fit.weights] == ["u0, treated from 13", "u1, treated from 13"]
    assert estimator.problems(panel) == 2


def test_shrinkage_of_weights_of_each_unit_counts_one_unit() -> None:
    panel = small("block")
    of_all = SyntheticDifferenceInDifferences().tune(panel).zeta
    of_each = SyntheticDifferenceInDifferences(weights="per_unit").tune(panel).zeta
    assert of_all is not None
    assert of_each == pytest.approx([of_all[0] / 2**0.25])


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    "options", [{"donors": "not_yet_treated"}, {"weights": "per_unit"}, {"gaps": "drop"}]
)
def test_the_order_of_units_does_not_matter_under_any_choice(
    name: str, options: dict[str, str]
) -> None:
    panel = staggered(9)
    order = np.random.default_rng(2).permutation(9)
    estimator = method(name, **options)
    mixed = permuted(panel, units=order)
    assert att(mixed, estimator.fit(mixed)) == pytest.approx(
        att(panel, estimator.fit(panel)), abs=2e-5
    )


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("options", [{}, {"weights": "per_unit"}])
def test_a_fit_is_what_a_general_optimiser_finds(name: str, options: dict[str, str]) -> None:
    panel = staggered(10)
    estimator = method(name, **options).tune(panel)
    fit = estimator.fit(panel)
    donors = range(5, 10)
    for units, start in (([0, 1], 6), ([2, 3], 8), ([4], 11)):
        zeta = 0.0
        scored = range(start, 13)
        if name == "sdid":
            counted = 1 if options else len(units)
            zeta = (counted * len(scored)) ** 0.25 * noise(panel.outcome, donors, start)
        groups = [[unit] for unit in units] if options else [units]
        for group in groups:
            expected = counterfactual(
                name, panel.outcome, donors, group, range(start), scored, zeta
            )
            np.testing.assert_allclose(
                fit.counterfactual[np.ix_(group, scored)], expected, atol=2e-4
            )


@pytest.mark.parametrize(
    ("name", "exact", "printed"),
    [("sc", -21.71524, -21.717), ("difp", -16.11516, -16.121)],
)
def test_the_ridge_of_sdid_in_sc_and_difp(name: str, exact: float, printed: float) -> None:
    """printed: methods.md 4.1 [M]; from an early-stopped solver, as the difference suggests."""
    panel = prop99()
    estimator = method(name, regularize="sdid").tune(panel)
    found = att(panel, estimator.fit(panel))
    assert found == pytest.approx(exact, abs=1e-5)
    assert found == pytest.approx(printed, abs=0.01)
    sdid = SyntheticDifferenceInDifferences().tune(panel)
    assert sdid.zeta is not None
    assert estimator == method(name, regularize="sdid", zeta=sdid.zeta)
    donors = np.flatnonzero(panel.control_units).tolist()
    unit = np.flatnonzero(panel.treated_units).tolist()
    twin = counterfactual(name, panel.outcome, donors, unit, range(19), range(19, 31), sdid.zeta[0])
    assert float((panel.outcome[unit, 19:] - twin).mean()) == pytest.approx(exact, abs=1e-3)


@pytest.mark.parametrize("name", ["sc", "difp"])
def test_a_ridge_that_nothing_would_use_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="zeta is the ridge of regularize: sdid; not of none"):
        method(name, zeta=(1.0,))


def test_the_catalogue_holds_the_published_definitions() -> None:
    for name in METHODS:
        assert ESTIMATORS[name] == method(name)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(("scale", "offset"), [(1e-6, 0.0), (1e9, 0.0), (1.0, 1e9)])
@pytest.mark.parametrize(
    ("design", "options"),
    [
        ("staggered", {"donors": "not_yet_treated", "gaps": "drop"}),
        ("staggered", {"weights": "per_unit"}),
        ("on_off", {"on_off": "per_cell"}),
    ],
)
def test_digits_survive_any_measure_under_any_choice(
    name: str, scale: float, offset: float, design: str, options: dict[str, str]
) -> None:
    """Outcomes are multiples of 2⁻¹⁰, so that adding 10⁹ to them loses nothing by itself."""
    panel = small(design)
    plain = with_outcome(panel, np.round(panel.outcome * 1024) / 1024)
    moved = with_outcome(plain, plain.outcome * scale + offset)
    estimator = method(name, **options)
    assert att(moved, estimator.fit(moved)) == pytest.approx(
        att(plain, estimator.fit(plain)) * scale, rel=1e-8, abs=2.0**-23 if offset else 0.0
    )


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    ("design", "options"),
    [
        ("staggered", {"donors": "not_yet_treated"}),
        ("block", {"weights": "per_unit"}),
        ("block", {"gaps": "drop"}),
    ],
)
def test_every_choice_has_variances(name: str, design: str, options: dict[str, str]) -> None:
    panel = small(design)
    found = evaluate(panel, method(name, **options), VARIANCES["given_period"], placebos=10)
    (inference,) = found.inferences
    assert isinstance(inference, Inference)
    assert inference.standard_error is not None
    assert 0 < inference.standard_error < 10
