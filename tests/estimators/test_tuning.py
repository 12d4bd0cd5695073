"""Settings chosen by cross-validation: what is left out imitates the treatment."""

from dataclasses import replace

import numpy as np
import pytest

from estimators import ESTIMATORS, Panel
from estimators.closeness.tuning import PENALTIES, TIME_RATES, UNIT_RATES
from estimators.core.fit import Fit
from estimators.core.folds import Folds, imitating_folds, path_search, scattered_folds
from estimators.doubly_weighted import DoublyWeighted
from estimators.matrix_completion import MatrixCompletion
from tests.estimators.catalogue import NAMES, tuned
from tests.estimators.panels import additive, labelled, small, treated_as


@pytest.mark.parametrize("design", ["block", "staggered"])
def test_where_treatment_comes_in_runs_folds_wear_its_pattern(design: str) -> None:
    panel = small(design)
    folds = imitating_folds(panel, 20, seed=0)
    assert not folds.by_cell
    assert 1 < len(folds.panels) <= 20
    own = panel.treatment[panel.treated_units]
    real_time = [fold for fold in folds.panels if len(fold.periods) == 16]
    earlier = [fold for fold in folds.panels if len(fold.periods) < 16]
    assert real_time
    assert earlier
    for fold in folds.panels:
        assert not {"u0", "u1"} & set(fold.units)  # the truly treated
        shift = 16 - len(fold.periods)
        np.testing.assert_array_equal(fold.treatment[fold.treated_units], own[:, shift:])


def test_where_treatment_switches_folds_leave_cells_out_and_hide_the_treated() -> None:
    panel = small("on_off")
    folds = imitating_folds(panel, 15, seed=0, cells_per_fold=4)
    assert folds.by_cell
    assert len(folds.panels) == 15
    for fold in folds.panels:
        assert int(fold.treatment.sum()) == 4
        assert not (fold.treatment & panel.treatment).any()
        assert np.isnan(fold.outcome[panel.treatment]).all()
        np.testing.assert_array_equal(
            fold.outcome[~panel.treatment], panel.outcome[~panel.treatment]
        )
    left_out = np.sum([fold.treatment for fold in folds.panels], axis=0)
    assert left_out.max() == 1  # a partition, as far as it goes


@pytest.mark.parametrize("design", ["block", "on_off"])
def test_folds_repeat_for_a_seed_and_differ_between_seeds(design: str) -> None:
    panel = small(design)

    def drawn(seed: int) -> list[bytes]:
        return [fold.treatment.tobytes() for fold in imitating_folds(panel, 10, seed).panels]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_without_donors_enough_for_the_pattern_single_cells_are_left_out() -> None:
    panel = small("block").select(np.arange(4), np.arange(16))
    assert imitating_folds(panel, 10, seed=0).by_cell


def test_a_score_is_the_mean_of_squared_placebo_effects_or_of_squared_cells() -> None:
    treatment = np.zeros((3, 4), dtype=bool)
    treatment[0, 2:] = True
    panel = labelled(np.zeros((3, 4)), treatment)
    wrong = np.zeros((3, 4))
    wrong[0, 2:] = 1.0, -3.0
    fits = [Fit(wrong), Fit(-wrong)]
    assert Folds((panel, panel), "", by_cell=False).score(fits) == pytest.approx(1.0)
    assert Folds((panel, panel), "", by_cell=True).score(fits) == pytest.approx(5.0)


def test_a_path_ends_after_two_failures_and_prefers_the_simpler_of_near_equals() -> None:
    scores = {8.0: 10.0, 4.0: 9.95, 2.0: 5.0, 1.0: 4.99, 0.5: 6.0, 0.25: 0.0}
    best, tried = path_search(tuple(scores), scores.__getitem__)
    assert best == 2.0  # 9.95 is not worth it, nor is 4.99
    assert [value for value, _ in tried] == [8.0, 4.0, 2.0, 1.0, 0.5]


def test_a_path_does_not_lose_patience_where_penalties_do_not_bind_yet() -> None:
    scores = {8.0: 10.0, 4.0: 10.0, 2.0: 10.0, 1.0: 10.0, 0.5: 1.0}
    assert path_search(tuple(scores), scores.__getitem__)[0] == 0.5


def test_grids_contain_no_factors_and_no_decay() -> None:
    assert PENALTIES[0] == np.inf
    assert TIME_RATES[0] == UNIT_RATES[0] == 0.0
    for design in ("block", "on_off"):
        mc = replace(ESTIMATORS["mc"], folds=6).tune(small(design)).tuning  # type: ignore[type-var]
        assert mc is not None
        assert mc.candidates[0][0] == {"lambda_nn": np.inf}
        dwcp = DoublyWeighted(folds=6).tune(small(design)).tuning
        assert dwcp is not None
        plain = {"lambda_time": 0.0, "lambda_unit": 0.0, "lambda_nn": np.inf}
        assert dwcp.candidates[0][0] == plain
        assert len({tuple(settings.values()) for settings, _ in dwcp.candidates}) == len(
            dwcp.candidates
        )


def tall(factors: float, noise: float, seed: int) -> Panel:
    """A 24 × 20 block panel with two factors of this strength."""
    rng = np.random.default_rng(seed)
    treatment = treated_as("block", 24, 20, treated=2)
    paths = rng.normal(0, 1, (24, 2)) @ rng.normal(0, 1, (2, 20))
    outcome = additive(24, 20, seed) + factors * paths + rng.normal(0, noise, (24, 20))
    return labelled(outcome, treatment)


@pytest.mark.parametrize("seed", range(3))
def test_strong_factors_are_found_and_absent_ones_are_not(seed: int) -> None:
    strong = MatrixCompletion().tune(tall(4.0, 0.2, seed)).lambda_nn
    assert strong is not None
    assert np.isfinite(strong)
    assert MatrixCompletion().tune(tall(0.0, 1.0, seed)).lambda_nn == np.inf


@pytest.mark.parametrize("seed", range(2))
def test_drifting_units_are_compared_with_their_recent_past(seed: int) -> None:
    rng = np.random.default_rng(seed)
    treatment = np.zeros((14, 20), dtype=bool)
    treatment[0, 18:] = True
    drift = rng.normal(0, 1, (14, 20)).cumsum(axis=1)
    panel = labelled(additive(14, 20, seed) + 2 * drift, treatment)
    found = DoublyWeighted(lambda_unit=0.0, lambda_nn=np.inf, folds=30).tune(panel)
    assert found.lambda_time is not None
    assert found.lambda_time > 0


@pytest.mark.parametrize("name", NAMES)
def test_what_is_tuned_keeps_its_settings_whatever_panel_it_is_asked_to_tune_on(name: str) -> None:
    """So that no placebo can be judged by other settings than those of the estimate."""
    once = tuned(name, "block")
    assert once.tune(small("block", seed=1)) == once


def test_the_chosen_candidate_scored_within_one_percent_of_the_best() -> None:
    tuned = MatrixCompletion(folds=10).tune(small("block"))
    assert tuned.tuning is not None
    scores = {settings["lambda_nn"]: score for settings, score in tuned.tuning.candidates}
    assert tuned.lambda_nn is not None
    assert scores[tuned.lambda_nn] <= min(scores.values()) / 0.99
    assert tuned.tuning.folds == 10
    assert tuned.tuning.measure == "mean squared placebo ATT"


def test_left_out_cells_can_always_be_imputed() -> None:
    treatment = np.zeros((4, 5), dtype=bool)
    treatment[0, ::2] = treatment[1, 1::2] = True
    panel = labelled(additive(4, 5), treatment)
    for fold in scattered_folds(panel, 50, 0, 1).panels:
        fit = ESTIMATORS["did"].fit(fold)
        assert np.isfinite(fit.counterfactual[fold.treatment]).all()
