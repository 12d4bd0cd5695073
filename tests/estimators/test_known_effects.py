"""Every estimator on every design finds effects that are known, as nearly as it can.

Without noise, additive panels are recovered cell by cell to 10⁻⁸ of outcomes near 10, whatever is
missing; SC, whose cohort has one path, on average. With a factor, exact where donors reproduce the
treated, and in the limit of no penalty for the others. With noise, on average.
"""

import numpy as np
import pytest
from scipy.stats import chi2

from estimators import Estimator, Panel, UnsupportedDesign, att, effects_by
from estimators.core.panel import FloatArray
from estimators.demeaned_synthetic_control import DemeanedSyntheticControl
from estimators.doubly_weighted import DoublyWeighted
from estimators.matrix_completion import MatrixCompletion
from estimators.synthetic_control import SyntheticControl
from estimators.synthetic_did import SyntheticDifferenceInDifferences
from tests.estimators.catalogue import NAMES, quick
from tests.estimators.panels import ANSWER_ON_OFF, additive, labelled
from tests.estimators.truth import (
    MISSING,
    PATTERNS,
    PERIODS,
    SINGLE_RUNS,
    UNITS,
    factors,
    true_att,
    world,
)
from tests.estimators.twins.least_squares import weighted_two_way_coefficient

WEIGHTING = ("sc", "difp", "sdid")
ANSWERED = [
    (name, pattern, missing)
    for name in NAMES
    for pattern in PATTERNS
    for missing in MISSING
    if name in ANSWER_ON_OFF
    or (pattern != "on/off" and missing == "nothing")
    or (pattern != "on/off" and missing == "treated cells" and name != "sc")
]


# Set, not tuned, so that everything in them matters; tuning has tests of its own.
def estimator(name: str, penalty: float = 3.0) -> Estimator:
    if name == "mc":
        return MatrixCompletion(lambda_nn=penalty)
    if name == "dwcp":
        return DoublyWeighted(0.1, 0.3, penalty, scale=2.0, show_untreated=False)
    return quick(name)


@pytest.mark.parametrize(("name", "pattern", "missing"), ANSWERED)
def test_without_noise_the_truth_is_recovered_cell_by_cell(
    name: str, pattern: str, missing: str
) -> None:
    panel = world(pattern, missing)
    fit = estimator(name).fit(panel)
    assert att(panel, fit) == pytest.approx(true_att(panel), abs=1e-8)
    if name != "sc":
        gaps = fit.counterfactual - additive(UNITS, PERIODS)
        missed = gaps[panel.treatment & panel.observed]
        np.testing.assert_allclose(missed, 0, atol=1e-8)


@pytest.mark.parametrize("name", WEIGHTING)
@pytest.mark.parametrize("pattern", SINGLE_RUNS)
@pytest.mark.parametrize("missing", ["donor cells", "a tenth"])
def test_methods_that_weight_donors_say_how_many_gaps_are_in_their_way(
    name: str, pattern: str, missing: str
) -> None:
    panel = world(pattern, missing)
    with pytest.raises(UnsupportedDesign, match=r"\d+ cells (of \d+ donors )?are not.*gaps: drop"):
        quick(name).fit(panel)


@pytest.mark.parametrize(
    "method",
    [
        DemeanedSyntheticControl(gaps="drop"),
        SyntheticDifferenceInDifferences(gaps="drop"),
    ],
    ids=["difp", "sdid"],
)
@pytest.mark.parametrize("pattern", SINGLE_RUNS)
def test_without_the_donors_that_have_gaps_the_truth_is_still_recovered(
    method: Estimator, pattern: str
) -> None:
    panel = world(pattern, "donor cells")
    fit = method.fit(panel)
    gaps = (fit.counterfactual - additive(UNITS, PERIODS))[panel.treatment]
    np.testing.assert_allclose(gaps, 0, atol=1e-8)


@pytest.mark.parametrize("pattern", ["block", "ended block"])
def test_sc_needs_weights_for_each_unit_where_treated_cells_are_missing(pattern: str) -> None:
    """The average of a cohort is no match for those of it who are observed, when levels differ."""
    panel = world(pattern, "treated cells")
    average, each = SyntheticControl(), SyntheticControl(weights="per_unit")
    assert abs(att(panel, average.fit(panel)) - true_att(panel)) > 0.01
    assert att(panel, each.fit(panel)) == pytest.approx(true_att(panel), abs=1e-8)


@pytest.mark.parametrize("name", WEIGHTING)
@pytest.mark.parametrize("pattern", SINGLE_RUNS)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_factor_is_no_trouble_where_donors_reproduce_the_treated(
    name: str, pattern: str, seed: int
) -> None:
    """Of sdid without shrinkage, which would keep it from reproducing them exactly."""
    panel = world(pattern, untreated=factors(seed))
    cohorts = len(effects_by(panel, quick("did").fit(panel), "cohort"))
    unshrunk = SyntheticDifferenceInDifferences(zeta=(0.0,) * cohorts)
    method = unshrunk if name == "sdid" else quick(name)
    assert att(panel, method.fit(panel)) == pytest.approx(true_att(panel), abs=1e-6)


@pytest.mark.parametrize("name", ["mc", "dwcp"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_factor_is_found_as_the_penalty_goes_to_zero(name: str, pattern: str) -> None:
    untreated = factors(0)
    errors = []
    for penalty in (3.0, 0.3, 0.03):
        panel = world(pattern, "nothing" if pattern == "single cell" else "a tenth", untreated)
        gaps = estimator(name, penalty).fit(panel).counterfactual - untreated
        wanted = panel.treatment & panel.observed
        errors.append(float(np.sqrt(np.mean(gaps[wanted] ** 2))))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.05


def growing() -> tuple[Panel, FloatArray]:
    """Half the units treated early, most others late; effects grow with the time treated."""
    treatment = np.zeros((10, 12), dtype=bool)
    treatment[:5, 1:] = treatment[5:9, 8:] = True
    age = np.cumsum(treatment, axis=1)
    effects = np.where(treatment, 0.5 * age, 0.0)
    return labelled(additive(10, 12) + effects, treatment), effects


@pytest.mark.parametrize("name", ANSWER_ON_OFF)
def test_growing_effects_are_averaged_right_where_static_two_way_regression_has_the_wrong_sign(
    name: str,
) -> None:
    """Every effect is positive; the regression uses early cohorts as controls, and subtracts them.

    Source: Goodman-Bacon (2021); de Chaisemartin and D'Haultfœuille (2020).
    """
    panel, effects = growing()
    static = weighted_two_way_coefficient(panel.outcome, panel.treatment, np.ones((10, 12)))
    assert effects[panel.treatment].min() > 0
    assert static == pytest.approx(-0.266138, abs=1e-6)
    fit = estimator(name).fit(panel)
    assert att(panel, fit) == pytest.approx(effects[panel.treatment].mean(), abs=1e-8)
    for row in effects_by(panel, fit, "event_time"):
        expected = 0.5 * (row.label + 1) if row.treated else 0.0  # type: ignore[operator]
        assert row.effect == pytest.approx(expected, abs=1e-8)


NOISE = 0.5
DRAWS = 24


@pytest.mark.parametrize(
    ("name", "pattern", "missing"), [case for case in ANSWERED if case[2] in ("nothing", "a tenth")]
)
def test_with_noise_the_truth_is_found_on_average(name: str, pattern: str, missing: str) -> None:
    """The mean error of 24 draws is within four of its own standard errors of zero."""
    errors = []
    for seed in range(DRAWS):
        noise = np.random.default_rng([7, seed]).normal(0, NOISE, (UNITS, PERIODS))
        panel = world(pattern, missing, additive(UNITS, PERIODS) + noise)
        errors.append(att(panel, estimator(name).fit(panel)) - true_att(panel))
    assert abs(np.mean(errors)) < 4 * np.std(errors, ddof=1) / np.sqrt(DRAWS)


def test_the_error_of_did_on_a_block_has_the_variance_that_algebra_gives_it() -> None:
    """V = σ² (1/N₁ + 1/N₀)(1/T₁ + 1/T₀); 300 draws, 99.8 % of the χ² of their sum of squares."""
    panel = world("block")
    treated, after = int(panel.treated_units.sum()), int(panel.treatment[0].sum())
    variance = (
        NOISE**2 * (1 / treated + 1 / (UNITS - treated)) * (1 / after + 1 / (PERIODS - after))
    )
    errors = []
    for seed in range(300):
        noise = np.random.default_rng([8, seed]).normal(0, NOISE, (UNITS, PERIODS))
        drawn = world("block", untreated=additive(UNITS, PERIODS) + noise)
        errors.append(att(drawn, quick("did").fit(drawn)) - true_att(drawn))
    low, high = chi2.ppf([0.001, 0.999], 300)
    assert low < np.sum(np.square(errors)) / variance < high
