"""Panels that are awkward but sound: every estimator answers, and answers the same each time."""

import os

import numpy as np
import pytest

from estimators import Panel, UnsupportedDesign, att, evaluate
from estimators.doubly_weighted import DoublyWeighted
from estimators.matrix_completion import MatrixCompletion
from estimators.synthetic_did import SyntheticDifferenceInDifferences
from estimators.variance.kinds import GivenPeriodVariance, MarginalVariance
from tests.estimators.catalogue import PAIRS, quick, tuned
from tests.estimators.panels import labelled, noisy, small, with_outcome


def variant(kind: str, design: str) -> Panel:
    panel = small(design)
    outcome = panel.outcome.copy()
    if kind == "duplicated":
        outcome[4] = outcome[5] = outcome[6]
    elif kind == "constant":
        outcome[4], outcome[5] = 3.0, 0.0
    elif kind == "collinear":
        outcome[4] = 0.5 * outcome[5] + 0.5 * outcome[6]
        outcome[7] = 0.25 * outcome[8] + 0.75 * outcome[9]
    elif kind == "huge donor":
        outcome[4] *= 1e6
    return with_outcome(panel, outcome)


@pytest.mark.parametrize(("name", "design"), PAIRS)
@pytest.mark.parametrize("kind", ["duplicated", "constant", "collinear", "huge donor"])
def test_strange_donors_are_no_reason_to_fail(name: str, design: str, kind: str) -> None:
    panel = variant(kind, design)
    fit = tuned(name, design).fit(panel)
    assert np.isfinite(fit.counterfactual[panel.treatment]).all()


@pytest.mark.parametrize("name", ["did", "sc", "difp"])
def test_duplicating_every_donor_changes_nothing_without_shrinkage(name: str) -> None:
    panel = small("block")
    controls = np.flatnonzero(panel.control_units)
    twice = labelled(
        np.vstack([panel.outcome, panel.outcome[controls]]),
        np.vstack([panel.treatment, panel.treatment[controls]]),
    )
    estimator = tuned(name, "block")
    found = att(twice, estimator.fit(twice))
    assert found == pytest.approx(att(panel, estimator.fit(panel)), abs=1e-7)


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_the_panel_is_left_as_it_was(name: str, design: str) -> None:
    panel = small(design)
    outcome, treatment = panel.outcome.copy(), panel.treatment.copy()
    quick(name, design).fit(panel)
    np.testing.assert_array_equal(panel.outcome, outcome)
    np.testing.assert_array_equal(panel.treatment, treatment)
    assert not panel.outcome.flags.writeable
    assert not panel.treatment.flags.writeable


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_the_same_question_has_the_same_answer_to_the_last_bit_on_any_number_of_cores(
    name: str, design: str
) -> None:
    panel = small(design)
    kinds = (MarginalVariance(), GivenPeriodVariance())

    def answer() -> tuple[bytes, str]:
        found = evaluate(panel, quick(name, design), kinds, placebos=15, seed=3)
        return found.fit.counterfactual.tobytes(), repr((found.att, found.inferences))

    first = answer()
    assert answer() == first
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("cores cannot be chosen here")
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        assert answer() == first
    finally:
        os.sched_setaffinity(0, cores)


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_a_tuned_estimator_needs_no_more_tuning(name: str, design: str) -> None:
    panel, estimator = small(design), tuned(name, design)
    assert estimator.tune(panel) == estimator
    direct = quick(name, design).fit(panel)
    np.testing.assert_array_equal(estimator.fit(panel).counterfactual, direct.counterfactual)


def test_settings_that_are_given_are_kept() -> None:
    panel = small("block")
    assert MatrixCompletion(lambda_nn=1.5).tune(panel).lambda_nn == 1.5
    assert SyntheticDifferenceInDifferences(zeta=(2.0,)).tune(panel).zeta == (2.0,)
    given = DoublyWeighted(0.1, 0.2, 3.0, scale=2.0)
    assert given.tune(panel) == given
    partly = DoublyWeighted(lambda_unit=0.7, folds=6).tune(panel)
    assert partly.lambda_unit == 0.7
    assert None not in (partly.lambda_time, partly.lambda_nn, partly.scale)


def test_a_missing_donor_cell_stops_no_method_that_needs_no_complete_donors() -> None:
    panel = small("block")
    outcome = panel.outcome.copy()
    outcome[5, 3] = outcome[6, 14] = np.nan
    holed = with_outcome(panel, outcome)
    for name in ("did", "mc", "dwcp"):
        estimator = tuned(name, "block")
        near = att(panel, estimator.fit(panel))
        assert att(holed, estimator.fit(holed)) == pytest.approx(near, abs=2.0)
    for name in ("sc", "difp", "sdid"):
        with pytest.raises(UnsupportedDesign, match=r"2 cells of 2 donors .*u5, u6; first \(u5, 3"):
            tuned(name, "block").fit(holed)


def test_a_pure_factor_panel_is_completed_as_the_penalty_goes_to_zero() -> None:
    rng = np.random.default_rng(0)
    Y = np.outer(rng.normal(size=14), rng.normal(size=12))
    treatment = np.zeros(Y.shape, dtype=bool)
    treatment[0, 10:] = True
    panel = labelled(Y, treatment)
    errors = [
        np.abs(MatrixCompletion(lambda_nn=penalty).fit(panel).counterfactual - Y)[treatment].max()
        for penalty in (1.0, 0.1, 0.01)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.02


def test_noise_alone_leaves_a_large_panel_quick_to_answer() -> None:
    Y = noisy(60, 40, seed=2)
    treatment = np.zeros(Y.shape, dtype=bool)
    treatment[:3, 30:] = True
    fit = MatrixCompletion(lambda_nn=10.0).fit(labelled(Y, treatment))
    assert fit.optimality <= 1e-9
