"""The ensemble: weights by hand, a mean of counterfactuals, and nothing of a treated outcome."""

import numpy as np
import numpy.typing as npt
import pytest

from estimators import ESTIMATORS, STANDARD_VARIANCES, UnsupportedDesign, att, evaluate
from estimators.calibration.answer import NUMBERS
from estimators.core.fit import Inference
from estimators.race.ensemble import Ensemble, combined, ensemble, weights_of
from estimators.race.results import Results
from estimators.variance.placebos import Placebos
from tests.estimators.panels import permuted, small, with_outcome

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
    made = ensemble(weights_of(results(error)), ESTIMATORS)
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


def test_who_weighs_next_to_nothing_is_left_out_and_the_others_found_without_it() -> None:
    rng = np.random.default_rng(4)
    one, other, third = rng.normal(size=(3, 400))
    error = np.stack([one, 9 * other, 0.8 * third], axis=1)
    found = weights_of(results(error))
    assert found["sc"] == 0
    assert sum(found.values()) == pytest.approx(1)
    without = weights_of(results(error[:, [0, 2]], ("did", "sdid")))
    assert {key: found[key] for key in without} == pytest.approx(without)


def test_an_ensemble_is_judged_on_replications_that_did_not_weigh() -> None:
    error = np.random.default_rng(5).normal(size=(50, 3)) * [1.0, 1.1, 0.9]
    made = combined(results(error))
    assert made.weights == {key: w for key, w in weights_of(results(error)).items() if w > 0}
    judged = np.empty(50)
    for place in range(50):  # the slow twin: weights anew for each replication
        others = np.arange(50) % 5 != place % 5
        judged[place] = error[place] @ list(weights_of(results(error[others])).values())
    ratio = float(np.sqrt(np.mean(judged**2) / np.mean(error[:, 2] ** 2)))
    assert f"its RMSE is {ratio:.3f} ± " in made.why
    assert made.why.endswith("times that of sdid, the least of one estimator alone")
    assert (made.key, made.rule, made.tied_with) == ("ensemble", "ensemble", ())


def test_one_estimator_with_all_the_weight_is_chosen_by_its_own_name() -> None:
    error = np.random.default_rng(6).normal(size=(40, 3)) * [1.0, 50.0, 50.0]
    made = combined(results(error))
    assert (made.key, made.weights) == ("did", None)
    assert made.why == "did: all the weight, by errors over 40 replications"


MEMBERS = Ensemble((ESTIMATORS["did"], ESTIMATORS["sdid"]), (0.3, 0.7))


@pytest.mark.parametrize("design", ["block", "staggered"])
def test_it_keeps_the_promises_of_the_catalogue(design: str) -> None:
    """Intervals and p-values agree; order, scale and level of the panel do not matter."""
    panel = small(design)
    made = MEMBERS.tune(panel)
    found = Placebos(panel, made, 25)
    effect = att(panel, found.fit)
    for kind in STANDARD_VARIANCES.values():
        for level in (0.6, 0.95):
            for estimate in (effect, 0.0, 5 * effect):
                said = kind.infer(estimate, found, level)
                assert (said.p_value < 1 - level) == (said.ci_low > 0 or said.ci_high < 0)
    turned = permuted(panel, units=np.arange(len(panel.units))[::-1])
    assert att(turned, MEMBERS.tune(turned).fit(turned)) == pytest.approx(effect, rel=1e-6)
    other = with_outcome(panel, 7 + 5 * panel.outcome)
    assert att(other, MEMBERS.tune(other).fit(other)) == pytest.approx(5 * effect, rel=1e-6)
    assert made.problems(panel) == sum(one.problems(panel) for one in made.members)


def test_a_design_that_a_member_refuses_is_refused() -> None:
    panel = small("on_off")
    with pytest.raises(UnsupportedDesign):
        MEMBERS.tune(panel).fit(panel)
