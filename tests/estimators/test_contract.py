"""The contract of the standard variances, over the catalogue, and what noise does to each."""

from functools import cache

import numpy as np
import pytest

from estimators import ESTIMATORS, STANDARD_VARIANCES, Estimator, Panel, att, evaluate
from estimators.core.panel import FloatArray
from estimators.variance.evaluate import inferred
from estimators.variance.placebos import Placebos
from tests.estimators.catalogue import NAMES, PAIRS, quick, tuned
from tests.estimators.panels import (
    ANSWER_ON_OFF,
    labelled,
    noisy,
    small,
    treated_as,
    with_outcome,
)

DID = ESTIMATORS["did"]


@cache
def pools(name: str, design: str, factor: float = 1.0, level: float = 0.0) -> Placebos:
    panel = small(design)
    panel = with_outcome(panel, level + factor * panel.outcome)
    estimator = tuned(name, design) if factor == 1 else quick(name, design).tune(panel)
    return Placebos(panel, estimator, 25)


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_p_is_below_alpha_exactly_when_the_interval_excludes_zero_at_every_level(
    name: str, design: str
) -> None:
    found = pools(name, design)
    effect = att(found.panel, found.fit)
    for kind in STANDARD_VARIANCES.values():
        error = kind.estimate(found).value ** 0.5
        for level in (0.6, 0.8, 0.9, 0.95, 0.99):
            for estimate in (effect, 0.0, error, -2.2 * error, 5 * error):
                said = kind.infer(estimate, found, level)
                assert (said.p_value < 1 - level) == (said.ci_low > 0 or said.ci_high < 0)


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_a_constant_on_every_outcome_moves_no_variance(name: str, design: str) -> None:
    for kind in STANDARD_VARIANCES.values():
        moved = kind.estimate(pools(name, design, level=100.0))
        assert moved.value == pytest.approx(kind.estimate(pools(name, design)).value, rel=1e-8)


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_scaled_outcomes_scale_standard_errors_and_leave_degrees_of_freedom(
    name: str, design: str
) -> None:
    """Tuned anew on the scaled panel: settings follow the measure."""
    for kind in STANDARD_VARIANCES.values():
        one, five = (kind.estimate(pools(name, design, factor)) for factor in (1.0, 5.0))
        assert five.value == pytest.approx(25 * one.value)
        assert five.df == pytest.approx(one.df)


@pytest.mark.parametrize("name", ["mc", "sdid"])
def test_the_variance_is_of_the_estimate_that_is_published(name: str) -> None:
    """Tuned once: what evaluate() says is what the tuned estimator's own pools say."""
    panel = small("block")
    said = evaluate(panel, ESTIMATORS[name], STANDARD_VARIANCES.values(), placebos=25)
    once = ESTIMATORS[name].tune(panel)
    found = Placebos(panel, once, 25)
    assert said.estimator == once
    assert said.att == att(panel, once.fit(panel))
    for kind, one in zip(STANDARD_VARIANCES.values(), said.inferences, strict=True):
        assert one == inferred(said.att, kind, found, 0.95)


def test_pools_say_the_same_in_whatever_order_they_are_asked() -> None:
    kinds = list(STANDARD_VARIANCES.values())
    panel = labelled(noisy(20, 24), treated_as("block", 20, 24))
    one, two = (Placebos(panel, tuned("sdid", "block"), 25) for _ in range(2))
    first = [kind.estimate(one) for kind in kinds]
    assert [kind.estimate(two) for kind in kinds[::-1]][::-1] == first


def variances(panel: Panel, estimator: Estimator) -> dict[str, float]:
    found = Placebos(panel, estimator, 25)
    return {kind: one.estimate(found).value for kind, one in STANDARD_VARIANCES.items()}


@pytest.mark.parametrize("name", NAMES)
def test_every_estimators_variances_hear_the_noise_they_hold_fixed_and_no_other(name: str) -> None:
    """One treated cell, settings tuned on even noise. No placebo of a single run sees the treated
    unit but in its own past, nor the treated period but in place."""
    outcome = np.random.default_rng(3).normal(size=(12, 20))
    treatment = np.zeros(outcome.shape, dtype=bool)
    treatment[0, -1] = True
    estimator = quick(name).tune(labelled(outcome, treatment))
    unit, period = outcome.copy(), outcome.copy()
    unit[0] *= 4
    period[:, -1] *= 4
    calm, loud_unit, loud_period = (
        variances(labelled(one, treatment), estimator) for one in (outcome, unit, period)
    )
    for loud, heard, silent in (
        (loud_unit, "given_unit", "given_period"),
        (loud_period, "given_period", "given_unit"),
    ):
        for kind in (heard, "given_both", "adaptive"):
            assert loud[kind] > 8 * calm[kind], kind
        for kind in (silent, "marginal"):
            assert loud[kind] == pytest.approx(calm[kind], rel=1e-9), kind


@pytest.mark.parametrize("name", ANSWER_ON_OFF)
def test_on_and_off_noise_is_heard_most_by_what_holds_it_fixed(name: str) -> None:
    """Rows are dealt to treated units too and rotated onto treated periods: all kinds hear some."""
    outcome = np.random.default_rng(3).normal(size=(12, 30))
    treatment = np.zeros(outcome.shape, dtype=bool)
    for i in range(3):
        treatment[i, 8 + i :: 6] = treatment[i, 9 + i :: 6] = True
    estimator = quick(name, "on_off").tune(labelled(outcome, treatment))
    unit, period = outcome.copy(), outcome.copy()
    unit[:3] *= 4
    period[:, treatment.any(axis=0)] *= 4
    calm, loud_unit, loud_period = (
        variances(labelled(one, treatment), estimator) for one in (outcome, unit, period)
    )
    for loud, heard, silent in (
        (loud_unit, "given_unit", "given_period"),
        (loud_period, "given_period", "given_unit"),
    ):
        rise = {kind: loud[kind] / calm[kind] for kind in calm}
        assert rise[heard] > 1.5 * rise["marginal"] > rise[silent] * 1.2


def made(design: str, outcome: FloatArray) -> dict[str, float]:
    """Variances of DID by kind. The first two units are treated."""
    treatment = treated_as(design, *outcome.shape)
    if design == "cell":
        treatment[:] = False
        treatment[0, -1] = True
    elif design == "ended":
        treatment[:] = False
        treatment[:2, 18:20] = True
    found = Placebos(labelled(outcome, treatment), DID, 60)
    return {kind: one.estimate(found).value for kind, one in STANDARD_VARIANCES.items()}


@pytest.mark.parametrize("design", ["cell", "block", "staggered", "ended"])
def test_noisier_treated_units_raise_what_holds_them_fixed_and_leave_the_rest(design: str) -> None:
    outcome = np.random.default_rng(3).normal(size=(14, 40))
    louder = outcome.copy()
    louder[: 1 if design == "cell" else 2] *= 4
    calm, loud = made(design, outcome), made(design, louder)
    for kind in ("marginal", "given_period"):
        assert loud[kind] == pytest.approx(calm[kind], rel=1e-12)
    for kind in ("given_unit", "given_both", "adaptive"):
        assert loud[kind] > 4 * calm[kind]


@pytest.mark.parametrize("design", ["block", "cell", "ended"])
def test_noisier_treated_periods_raise_what_holds_them_fixed_and_leave_the_rest(
    design: str,
) -> None:
    outcome = np.random.default_rng(4).normal(size=(14, 40))
    louder = outcome.copy()
    run = slice(18, 20) if design == "ended" else slice(-1 if design == "cell" else -3, None)
    louder[:, run] *= 4
    calm, loud = made(design, outcome), made(design, louder)
    for kind in ("given_period", "given_both", "adaptive"):
        assert loud[kind] > 4 * calm[kind]
    if design == "cell":  # no forecast of an earlier cell sees the last period
        assert loud["marginal"] == pytest.approx(calm["marginal"], rel=1e-12)
        assert loud["given_unit"] == pytest.approx(calm["given_unit"], rel=1e-12)


@pytest.mark.parametrize("scale", [0.25, 4.0])
def test_where_noise_is_an_outer_product_given_both_is_right_for_every_cell(scale: float) -> None:
    """DID, 20 × 20, noise a_i b_t, 50 draws of it; one treated cell, quiet or noisy.

    A double difference has the variance Σ w² a² b² with weights ±1, 1/19 and 1/(19 · 19). V of 50
    draws has a relative error of about √(2 (1/18 + 1/13) · 1.5 / 50) = 0.09: 0.3 allows three.
    """
    rng = np.random.default_rng(7)
    a, b = np.exp(rng.normal(0, 0.3, 20)), np.exp(rng.normal(0, 0.3, 20))
    a[0], b[-1] = scale, 1.0
    units, periods = np.full(20, -1 / 19), np.full(20, -1 / 19)
    units[0] = periods[-1] = 1
    true = float(((units * a) ** 2).sum() * ((periods * b) ** 2).sum())
    found: dict[str, list[float]] = {"given_both": [], "marginal": []}
    treatment = np.zeros((20, 20), dtype=bool)
    treatment[0, -1] = True
    for _ in range(50):
        outcome = a[:, None] * b * rng.normal(size=(20, 20))
        drawn = Placebos(labelled(outcome, treatment), DID, 20)
        for kind, values in found.items():
            values.append(STANDARD_VARIANCES[kind].estimate(drawn).value)
    assert np.mean(found["given_both"]) == pytest.approx(true, rel=0.3)
    wrong = float(np.mean(found["marginal"])) / true
    assert wrong > 3 or wrong < 1 / 3
