"""Matrix completion and the doubly weighted estimator, against the most naive definitions."""

from dataclasses import replace

import numpy as np
import pytest

from estimators import ESTIMATORS, Panel
from estimators.core.designs import identified
from estimators.core.folds import independent_folds
from estimators.doubly_weighted import DoublyWeighted
from estimators.matrix_completion import MatrixCompletion, _Fold
from tests.estimators.panels import (
    DESIGNS,
    additive,
    labelled,
    noisy,
    prop99,
    small,
    treated_as,
)
from tests.estimators.twins.low_rank import completed, doubly_weighted_cell


def part_of_prop99() -> Panel:
    """California and eleven other states, 1980 to 1992."""
    panel = prop99()
    california = panel.units.index("California")
    others = [i for i in range(len(panel.units)) if i != california][::3][:11]
    return panel.select([*others[:5], california, *others[5:]], range(10, 23))


@pytest.mark.parametrize("penalty", [5.0, 30.0])
@pytest.mark.parametrize("design", ["part of prop99", "on_off"])
def test_matrix_completion_at_a_fixed_penalty_is_the_naive_one(penalty: float, design: str) -> None:
    panel = part_of_prop99() if design == "part of prop99" else small(design)
    fit = MatrixCompletion(lambda_nn=penalty).fit(panel)
    spread = float(panel.outcome.std())
    np.testing.assert_allclose(
        fit.counterfactual, completed(panel, penalty), atol=1e-4 * spread, rtol=0
    )


@pytest.mark.parametrize("design", ["part of prop99", "on_off"])
@pytest.mark.parametrize(
    "settings", [(0.2, 0.5, 0.5), (0.5, 0.0, np.inf), (0.0, 1.0, 0.2)], ids=str
)
def test_the_doubly_weighted_estimator_is_the_naive_one_cell_by_cell(
    design: str, settings: tuple[float, float, float]
) -> None:
    panel = part_of_prop99() if design == "part of prop99" else small(design)
    fit = DoublyWeighted(*settings).fit(panel)
    spread = float(panel.outcome.std())
    for unit, period in np.argwhere(panel.treatment)[:6]:
        naive = doubly_weighted_cell(panel, int(unit), int(period), *settings)
        assert fit.counterfactual[unit, period] == pytest.approx(naive, abs=1e-4 * spread)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("penalty", [2.0, 20.0, np.inf])
def test_at_rates_zero_the_doubly_weighted_estimator_is_matrix_completion(
    design: str, penalty: float
) -> None:
    panel = small(design)
    scale = float(panel.outcome[panel.usable].std())  # λ of dwcp are for standardised outcomes
    dwcp = DoublyWeighted(0.0, 0.0, penalty / scale, tolerance=1e-12).fit(panel)
    mc = MatrixCompletion(lambda_nn=penalty, tolerance=1e-12).fit(panel)
    treated = panel.treatment
    np.testing.assert_allclose(dwcp.counterfactual[treated], mc.counterfactual[treated], atol=1e-5)


@pytest.mark.parametrize("design", DESIGNS)
def test_without_factors_and_rates_all_three_are_difference_in_differences(design: str) -> None:
    panel = small(design)
    did = ESTIMATORS["did"].fit(panel).counterfactual
    mc = MatrixCompletion(lambda_nn=np.inf).fit(panel).counterfactual
    dwcp = DoublyWeighted(0.0, 0.0, np.inf).fit(panel).counterfactual
    treated = panel.treatment
    np.testing.assert_allclose(mc[treated], did[treated], atol=1e-8)
    np.testing.assert_allclose(dwcp[treated], did[treated], atol=1e-8)


def test_a_smaller_penalty_fits_the_data_better() -> None:
    panel = small("block")
    errors = [
        np.sum((panel.outcome - replace(MatrixCompletion(), lambda_nn=x).fit(panel).counterfactual)
               [panel.usable] ** 2)
        for x in (np.inf, 20.0, 5.0, 1.0)
    ]  # fmt: skip
    assert errors == sorted(errors, reverse=True)


def test_fixed_penalties_agree_with_the_twin_to_a_millionth_of_the_spread() -> None:
    panel = part_of_prop99()
    spread = float(panel.outcome.std())
    fit = MatrixCompletion(lambda_nn=12.0).fit(panel)
    twin = completed(panel, 12.0, steps=60_000)
    np.testing.assert_allclose(fit.counterfactual, twin, atol=1e-6 * spread, rtol=0)


@pytest.mark.parametrize("design", DESIGNS)
def test_a_placebo_refit_is_a_fit(design: str) -> None:
    """Begun elsewhere, and stopped a little sooner."""
    panel = small(design)
    estimator = MatrixCompletion(lambda_nn=4.0)
    quick = estimator.for_placebos(panel)
    assert quick == estimator
    other = small(design, seed=3)
    for asked in (panel, other, panel.select(np.arange(10), np.arange(1, 16))):
        np.testing.assert_allclose(
            quick.fit(asked).counterfactual,
            estimator.fit(asked).counterfactual,
            atol=1e-6 * panel.outcome.std(),
        )


def test_independent_cross_validation_is_the_original_packages_rule() -> None:
    """Five subsets, a grid without its last λ, zero, and the λ of least mean squared error."""
    panel = small("block")
    tuned = MatrixCompletion(cross_validation="independent", penalties=12, seed=2).tune(panel)
    assert tuned.tuning is not None
    assert tuned.tuning.rule == (
        "5 independent random subsets of untreated cells, 80% kept in each"
    )
    grid = [settings["lambda_nn"] for settings, _ in tuned.tuning.candidates]
    assert len(grid) == 11
    assert grid[-1] == pytest.approx(grid[0] / 1000)
    np.testing.assert_allclose(np.diff(np.log(grid)), np.log(1e-3) / 10)
    scores = [score for _, score in tuned.tuning.candidates]
    assert tuned.lambda_nn == grid[int(np.argmin(scores))]
    again = MatrixCompletion(cross_validation="independent", penalties=12, seed=2).tune(panel)
    assert again == tuned
    other = MatrixCompletion(cross_validation="independent", penalties=12, seed=3).tune(panel)
    assert other.tuning is not None
    assert [score for _, score in other.tuning.candidates] != scores


def test_independent_scores_are_errors_of_cells_left_out_of_the_averaged_loss() -> None:
    panel = small("on_off")
    tuned = MatrixCompletion(cross_validation="independent", penalties=4, seed=0).tune(panel)
    assert tuned.tuning is not None
    usable = int(panel.usable.sum())
    for settings, score in tuned.tuning.candidates:
        errors = []
        for fold in independent_folds(panel, 5, 0.8, 0).panels:
            penalty = settings["lambda_nn"] / usable * int(fold.usable.sum())
            fit = MatrixCompletion(lambda_nn=penalty).fit(fold)
            left_out = fold.treatment & fold.observed & identified(fold)
            errors.append(np.mean((fold.outcome - fit.counterfactual)[left_out] ** 2))
        assert score == pytest.approx(np.mean(errors), rel=1e-3)


def test_additive_outcomes_leave_independent_folds_nothing_to_choose() -> None:
    panel = labelled(additive(12, 10), treated_as("block", 12, 10))
    assert MatrixCompletion(cross_validation="independent").tune(panel).lambda_nn == np.inf


def test_folds_of_a_large_panel_hold_no_copy_of_it() -> None:
    outcome, treatment = noisy(3000, 30), treated_as("block", 3000, 30)
    fold = _Fold(labelled(outcome, treatment))
    fold.errors(100.0)
    held = [fold.problem, fold.problem.system, fold.problem.missing, fold.last, fold]
    sizes = [
        array.nbytes
        for thing in held
        for array in vars(thing).values()
        if isinstance(array, np.ndarray)
    ]
    assert max(sizes) < outcome.nbytes / 20
