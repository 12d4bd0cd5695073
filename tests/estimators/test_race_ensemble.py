"""The ensemble: weights by hand, a mean of counterfactuals, and nothing of a treated outcome."""

import numpy as np
import numpy.typing as npt
import pytest

from estimators import ESTIMATORS, STANDARD_VARIANCES, UnsupportedDesign, att, evaluate
from estimators.calibration.answer import NUMBERS
from estimators.core.fit import Inference
from estimators.race.ensemble import Ensemble, ensemble, weights_of
from estimators.race.results import Results
from tests.estimators.panels import small, with_outcome

KEYS = ("did", "sc", "sdid")


def results(error: npt.ArrayLike, keys: tuple[str, ...] = KEYS) -> Results:
    e = np.array(error, dtype=float)
    number = np.arange(len(e))
    nothing = np.full((*e.shape, 0, len(NUMBERS)), np.nan)
    return Results(keys, (), number, number, np.zeros(len(e)), e, np.ones(e.shape), nothing)


def test_weights_are_those_of_least_squared_error_on_the_simplex() -> None:
    rng = np.random.default_rng(0)
    error = rng.normal(size=(60, 3)) @ np.array([[1, 0.5, 0.2], [0, 1, 0.3], [0, 0, 0.8]])
    found = list(weights_of(results(error)).values())
    steps = np.linspace(0, 1, 201)
    grid = [(a, b, 1 - a - b) for a in steps for b in steps if a + b <= 1]
    best = min(grid, key=lambda w: float(np.sum((error @ np.array(w)) ** 2)))
    np.testing.assert_allclose(found, best, atol=0.006)


def test_errors_that_cancel_share_the_weight_and_who_is_far_ahead_has_all_of_it() -> None:
    rng = np.random.default_rng(1)
    one, far = rng.normal(size=(2, 40))
    opposite = results(np.stack([one, -one, 10 + far], axis=1))
    assert weights_of(opposite) == pytest.approx({"did": 0.5, "sc": 0.5, "sdid": 0}, abs=1e-9)
    ahead = results(np.stack([one, 5 + one, 0.01 * far], axis=1))
    assert weights_of(ahead)["sdid"] > 0.999


def test_who_refuses_has_no_weight_and_too_few_replications_are_refused() -> None:
    error = np.random.default_rng(2).normal(size=(40, 3))
    error[:10, 1] = np.nan
    assert weights_of(results(error))["sc"] == 0
    with pytest.raises(UnsupportedDesign, match=r"needs 20 replications .* there are 12"):
        weights_of(results(error[28:]))
    with pytest.raises(UnsupportedDesign, match="there are 0"):
        weights_of(results(np.full((40, 3), np.nan)))


def test_its_effect_is_the_weighted_mean_of_theirs_and_placebos_refit_it() -> None:
    error = np.random.default_rng(3).normal(size=(40, 3))
    made = ensemble(results(error), ESTIMATORS)
    panel = small("block")
    theirs = [att(panel, one.tune(panel).fit(panel)) for one in made.members]
    found = evaluate(panel, made, STANDARD_VARIANCES["given_period"], placebos=20)
    assert found.att == pytest.approx(float(np.dot(made.weights, theirs)))
    (said,) = found.inferences
    assert isinstance(said, Inference)
    assert said.ci_low < found.att < said.ci_high


def test_no_treated_outcome_enters_its_counterfactual() -> None:
    panel = small("block")
    made = Ensemble((ESTIMATORS["did"], ESTIMATORS["sdid"]), (0.3, 0.7))
    wild = with_outcome(panel, np.where(panel.treatment, 1e8, panel.outcome))
    one, other = (made.tune(p).fit(p).counterfactual for p in (panel, wild))
    assert np.array_equal(one, other, equal_nan=True)
