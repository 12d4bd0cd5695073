"""Noise of the exam has the moments it says, and treatments the patterns."""

from dataclasses import replace

import numpy as np
import pytest

from estimators.calibration.exam import Exam, draw
from estimators.calibration.noise import NOISES, PERSISTENCE, scales, shocks, variance_of_mean
from estimators.calibration.patterns import PATTERNS, treatment_of
from estimators.core.designs import pattern_of
from estimators.core.panel import FloatArray

SPREAD = 0.5


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def close_to(found: FloatArray, expected: float) -> bool:
    """Whether a mean of independent values is within four of its standard errors."""
    return abs(found.mean() - expected) <= 4 * found.std() / np.sqrt(found.size)


@pytest.mark.parametrize("name", NOISES)
def test_a_cell_has_noise_of_expected_square_one_whatever_the_spread(name: str) -> None:
    for spread in (0.2, SPREAD):
        squares = np.array(
            [np.mean(scales(NOISES[name], 4, 4, spread, rng(seed)) ** 2) for seed in range(4000)]
        )
        assert close_to(squares, 1.0), spread


@pytest.mark.parametrize("name", NOISES)
def test_standardised_noise_has_mean_zero_and_variance_one(name: str) -> None:
    by_draw = np.array([shocks(NOISES[name], 8, 8, rng(seed)) for seed in range(1000)])
    assert close_to(by_draw.mean(axis=(1, 2)), 0.0)
    assert close_to((by_draw**2).mean(axis=(1, 2)), 1.0)


def test_noise_by_unit_differs_over_units_alone_and_by_period_over_periods_alone() -> None:
    by_unit = scales(NOISES["by_unit"], 30, 20, SPREAD, rng())
    by_period = scales(NOISES["by_period"], 30, 20, SPREAD, rng())
    assert np.all(by_unit == by_unit[:, :1])
    assert np.all(by_period == by_period[:1])
    assert by_unit[:, 0].std() > 0.2 < by_period[0].std()


def test_multiplied_noise_is_an_outer_product_and_added_noise_is_not() -> None:
    product, total = (
        scales(NOISES[name], 30, 20, SPREAD, rng()) for name in ("multiplicative", "additive")
    )
    assert np.linalg.matrix_rank(product) == 1
    assert np.linalg.matrix_rank(total) == 2


def test_the_logarithm_of_a_units_scale_has_the_spread() -> None:
    logs = np.log(scales(NOISES["by_unit"], 20_000, 1, SPREAD, rng()))
    assert abs(logs.std() - SPREAD) < 0.01


def test_autocorrelated_noise_has_its_autocorrelation_from_the_first_period_on() -> None:
    found = shocks(NOISES["ar1"], 40_000, 4, rng())
    for lag in (1, 2, 3):
        pairs = found[:, 0] * found[:, lag]
        assert close_to(pairs, PERSISTENCE**lag)


def test_heavy_tails_are_those_of_five_degrees_of_freedom() -> None:
    found = shocks(NOISES["t5"], 400, 500, rng())
    beyond = np.mean(np.abs(found) > 2.570582 * np.sqrt(3 / 5))  # its 2.5 % quantile, scaled
    assert abs(beyond - 0.05) < 0.002


@pytest.mark.parametrize("name", ["multiplicative", "ar1"])
def test_the_variance_of_the_treated_mean_is_what_simulation_finds(name: str) -> None:
    noise = NOISES[name]
    sigma = scales(noise, 6, 8, SPREAD, rng())
    treatment = treatment_of("on_off", 6, 8, rng(1)) | treatment_of("block", 6, 8, rng(2))
    means = [(sigma * shocks(noise, 6, 8, rng(seed)))[treatment].mean() for seed in range(5_000)]
    assert close_to(np.square(means), variance_of_mean(noise, sigma, treatment))


@pytest.mark.parametrize(("name", "found"), [("cell", "block"), ("block", "block"),
                                             ("ended", "block"), ("on_off", "on_off")])  # fmt: skip
def test_treatments_are_of_their_pattern_and_leave_a_past_and_controls(
    name: str, found: str
) -> None:
    for seed in range(20):
        for units, periods in ((8, 12), (20, 15), (50, 40)):
            treatment = treatment_of(name, units, periods, rng(seed))
            assert pattern_of(treatment) == found
            assert not treatment[:, : periods // 3].any()
            assert 0 < treatment.any(axis=1).sum() <= units // 4
    assert name in PATTERNS


def test_a_block_that_ended_is_one_as_long_with_as_many_periods_after_it() -> None:
    lasting, ended = (treatment_of(name, 50, 40, rng(1)) for name in ("block", "ended"))
    np.testing.assert_array_equal(np.flatnonzero(lasting.any(axis=0)), np.arange(35, 40))
    np.testing.assert_array_equal(np.flatnonzero(ended.any(axis=0)), np.arange(30, 35))
    np.testing.assert_array_equal(lasting.any(axis=1), ended.any(axis=1))


def test_each_unit_is_treated_as_often_as_any_other() -> None:
    treated = [np.flatnonzero(treatment_of("cell", 8, 12, rng(s)).any(axis=1))[0]
               for s in range(4000)]  # fmt: skip
    counts = np.bincount(treated, minlength=8)
    assert np.all(np.abs(counts - 500) < 4 * np.sqrt(500))


def test_an_effect_is_added_to_treated_cells_and_nowhere_else() -> None:
    exam = Exam(noise="by_unit", pattern="block", units=20, periods=15)
    without, with_effect = draw(exam, 3), draw(replace(exam, effect=2.0), 3)
    added = with_effect.panel.outcome - without.panel.outcome
    treated = with_effect.panel.treatment
    assert with_effect.effect == 2 * with_effect.deviation
    assert np.allclose(added[treated], with_effect.effect)
    assert not added[~treated].any()


def test_the_effects_unit_is_the_standard_deviation_of_the_treated_cells_mean_noise() -> None:
    assert draw(Exam(noise="even", pattern="cell"), 0).deviation == 1
    exam = Exam(noise="by_unit", pattern="block", units=20, periods=16)  # 2 × 2 cells
    drawn = [draw(exam, number) for number in range(3000)]
    assert drawn[0].deviation == pytest.approx(0.5)
    shocks_drawn = np.array([one.shock for one in drawn])
    assert close_to(shocks_drawn**2, 0.25)
    assert close_to(shocks_drawn**2 / [one.noise for one in drawn], 1.0)
