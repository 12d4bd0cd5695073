"""California's Proposition 99: numbers that others have published or printed.

[P] Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), table 1 and figures
[C] the tests of the authors' R package synthdid, whose solver stops early
[M] exact optima, recomputed for this project by independent programs (methods.md 4.1)
"""

import numpy as np
import pytest

from estimators import ESTIMATORS, att
from estimators.matrix_completion import MatrixCompletion
from estimators.synthetic_did import SyntheticDifferenceInDifferences
from tests.estimators.panels import prop99, with_outcome
from tests.estimators.twins.frank_wolfe import reference_estimate, unit_weights
from tests.estimators.twins.low_rank import completed

SC_WEIGHTS = {"Utah": .3939, "Montana": .2318, "Nevada": .2049, "Connecticut": .1091,
              "New Hampshire": .0454, "Colorado": .0148}  # fmt: skip
SDID_WEIGHTS = {
    "Nevada": .124, "New Hampshire": .105, "Connecticut": .078, "Delaware": .070,
    "Colorado": .058, "Illinois": .053, "Nebraska": .048, "Montana": .045, "Utah": .042,
    "New Mexico": .041, "Minnesota": .039, "Wisconsin": .037, "West Virginia": .034,
    "North Carolina": .033, "Idaho": .031, "Ohio": .031, "Maine": .028, "Iowa": .026,
    "Kansas": .022, "Pennsylvania": .015, "Indiana": .010, "Texas": .010, "Missouri": .008,
    "South Dakota": .004, "Arkansas": .003, "Georgia": .002, "Wyoming": .001,
    "Rhode Island": .001,
}  # fmt: skip
SDID_PERIODS = {1986: 0.366, 1987: 0.206, 1988: 0.427}


def effect(name: str) -> float:
    panel = prop99()
    return att(panel, ESTIMATORS[name].fit(panel))


def test_the_panel_is_39_states_by_31_years_with_12_treated_cells() -> None:
    panel = prop99()
    assert panel.outcome.shape == (39, 31)
    assert int(panel.pre_periods.sum()) == 19
    assert int(panel.treatment.sum()) == 12


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("did", -27.349111),  # [P] -27.3, [C], [M]
        ("sc", -19.51363),  # [M]; early-stopped -19.62 in [P] and [C]
        ("difp", -11.10904),  # [M]; [P] -11.1
        ("sdid", -15.60540),  # [M]; [P] -15.6
    ],
)
def test_the_effect_is_the_exact_optimum_to_the_digits_given(name: str, published: float) -> None:
    digits = 6 if name == "did" else 5
    assert round(effect(name), digits) == pytest.approx(published, abs=1.01 * 10**-digits)


def test_the_reference_packages_early_stopped_solver_gives_its_own_numbers() -> None:
    panel = prop99()
    sc = reference_estimate(panel, 1e-6, "none", intercept=False)
    assert sc == pytest.approx(-19.619665, abs=5e-6)  # [C]; [P] -19.6
    difp = reference_estimate(panel, 1e-6, "equal")
    assert difp == pytest.approx(-11.10464, abs=5e-5)  # [M]; [P] -11.1
    sdid = reference_estimate(panel, 12**0.25, "fitted")
    assert sdid == pytest.approx(-15.603829, abs=5e-6)  # [C]; [P] -15.6


def test_noise_and_shrinkage_of_sdid() -> None:
    tuned = SyntheticDifferenceInDifferences().tune(prop99())
    assert tuned.zeta == pytest.approx((10.2262,), abs=5e-5)  # [M]
    assert tuned.zeta is not None
    assert tuned.zeta[0] / 12**0.25 == pytest.approx(5.4944, abs=5e-5)  # [M] σ̂


def test_the_reference_packages_solver_weighs_states_as_published() -> None:
    panel = prop99()
    controls = [panel.units[i] for i in np.flatnonzero(panel.control_units)]
    weights = unit_weights(panel, 12**0.25)  # [P] figure 1, [M]
    for unit, weight in zip(controls, weights, strict=True):
        assert weight == pytest.approx(SDID_WEIGHTS.get(str(unit), 0.0), abs=6e-4)


def test_sdid_weighs_states_and_years_as_published() -> None:
    """But for Arkansas, whose weight of 0.003 is left behind by early stopping."""
    panel = prop99()
    weights = ESTIMATORS["sdid"].fit(panel).weights[0]
    assert weights.units is not None
    assert weights.periods is not None
    exact = SDID_WEIGHTS | {"Arkansas": 0.0}
    for unit, weight in zip(panel.units, weights.units, strict=True):
        assert weight == pytest.approx(exact.get(str(unit), 0.0), abs=1e-3)
    for period, weight in zip(panel.periods, weights.periods, strict=True):
        assert weight == pytest.approx(SDID_PERIODS.get(int(str(period)), 0.0), abs=1e-3)


def test_sc_weighs_states_as_the_exact_optimum_does_and_fits_the_past_as_well() -> None:
    panel = prop99()
    fit = ESTIMATORS["sc"].fit(panel)
    weights = fit.weights[0].units
    assert weights is not None
    for unit, weight in zip(panel.units, weights, strict=True):  # [M]
        assert weight == pytest.approx(SC_WEIGHTS.get(str(unit), 0.0), abs=1e-4)
    gaps = (panel.outcome - fit.counterfactual)[panel.treated_units][0, panel.pre_periods]
    assert np.sqrt(np.mean(gaps**2)) == pytest.approx(1.6564, abs=5e-5)  # [M]
    assert np.sum(gaps**2) == pytest.approx(52.1296, abs=1e-3)  # [M]; R's Synth stops at 52.136


def test_matrix_completion_at_a_fixed_penalty_is_the_naive_one() -> None:
    panel = prop99()
    usable = int(panel.usable.sum())
    assert usable == 39 * 31 - 12
    averaged = 0.02  # λ of the original package, whose loss is a mean over usable cells
    fit = MatrixCompletion(lambda_nn=averaged * usable).fit(panel)
    twin = completed(panel, averaged * usable)
    np.testing.assert_allclose(
        fit.counterfactual[panel.treatment], twin[panel.treatment], atol=2e-3
    )


def test_matrix_completion_tuned_is_near_the_three_published_answers() -> None:
    """They differ by their folds: -20.2 [P], -19.980463 [C], -19.832 (another port)."""
    assert -20.7 < effect("mc") < -19.3


def test_common_shocks_move_sdid_through_its_shrinkage_alone() -> None:
    """σ̂ is taken around the overall mean of differences: invariance holds for fixed ζ only [M]."""
    panel = prop99()
    shocks = np.random.default_rng(0).normal(0, 20, len(panel.periods))
    shaken = with_outcome(panel, panel.outcome + shocks)
    tuned = SyntheticDifferenceInDifferences().tune(panel)
    before = att(panel, tuned.fit(panel))
    assert att(shaken, tuned.fit(shaken)) == pytest.approx(before, abs=1e-8)
    assert abs(att(shaken, ESTIMATORS["sdid"].fit(shaken)) - before) > 0.5
    for name in ("did", "sc", "difp"):
        moved = att(shaken, ESTIMATORS[name].fit(shaken))
        assert moved == pytest.approx(effect(name), abs=1e-8)
