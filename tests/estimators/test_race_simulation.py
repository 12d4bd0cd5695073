"""Panels taken apart and drawn again: the published engine, and what must not be looked at."""

from dataclasses import fields, replace

import numpy as np
import pytest

from estimators import ESTIMATORS, InvalidPanel, Panel, UnsupportedDesign, att
from estimators.core.panel import FloatArray
from estimators.race.assignments import Assignment
from estimators.race.effects import Effect
from estimators.race.persistence import autocorrelation, autoregression, chosen_lags, stationary
from estimators.race.recipes import RECIPES, simulation_from, simulation_of
from estimators.race.simulation import Simulation, drawn, without
from tests.estimators.panels import labelled, noisy, permuted, treated_as, with_outcome
from tests.estimators.twins.simulated_panels import CPS, cps_log_wage
from tests.estimators.twins.simulated_panels import simulation as published_twin
from tests.estimators.twins.simulated_panels import without as twin_without

UNITS, PERIODS = 12, 20
POLICY = np.arange(UNITS) % 3 == 0
ZERO = Effect()
UNIFORM = Assignment("uniform", units=3, periods=4)


def outcome(seed: int = 0) -> FloatArray:
    return noisy(UNITS, PERIODS, seed)


def simulated(recipe: str = "published", seed: int = 0) -> Simulation:
    return simulation_from(outcome(seed), POLICY, range(UNITS), range(PERIODS), recipe)


def small(design: str = "block") -> Panel:
    return labelled(outcome(), treated_as(design, UNITS, PERIODS))


def same(one: Simulation, other: Simulation) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for field in fields(Simulation)
        if isinstance(getattr(one, field.name), np.ndarray)
    )


@pytest.mark.parametrize("parts", [(), ("interactive",), ("two_way", "correlation"), ("noise",)])
def test_the_published_recipe_is_the_papers_engine(parts: tuple[str, ...]) -> None:
    ours = without(simulated(), *parts)  # type: ignore[arg-type]
    twin = twin_without(published_twin(outcome(), POLICY), *parts)
    for name in ("two_way", "interactive", "covariance", "propensity"):
        np.testing.assert_allclose(getattr(ours, name), getattr(twin, name), atol=1e-9)
    assert ours.persistence == pytest.approx(twin.persistence)


@pytest.mark.skipif(not CPS.is_file(), reason=f"CPS log wages are never committed: {CPS} is absent")
def test_cps_log_wages_have_the_published_moments() -> None:
    wages, policy = cps_log_wage("min_wage")
    found = simulation_from(wages, policy, range(50), range(40), "published")
    cells = np.sqrt(wages.size)
    assert np.linalg.norm(found.two_way) / cells == pytest.approx(0.992, abs=5e-4)
    assert np.linalg.norm(found.interactive) / cells == pytest.approx(0.100, abs=5e-4)
    assert found.noise == pytest.approx(0.098, abs=5e-4)
    assert found.persistence == pytest.approx((0.01, -0.06), abs=5e-3)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("design", ["block", "staggered", "on_off"])
def test_no_treated_outcome_is_looked_at(recipe: str, design: str) -> None:
    panel = small(design)
    wild = with_outcome(panel, np.where(panel.treatment, 1e9, panel.outcome))
    gone = with_outcome(panel, np.where(panel.treatment, np.nan, panel.outcome))
    found = simulation_of(panel, recipe)
    assert same(found, simulation_of(wild, recipe))
    assert same(found, simulation_of(gone, recipe))


def test_the_order_of_units_in_the_panel_does_not_matter() -> None:
    panel = small()
    turned = permuted(panel, units=np.arange(UNITS)[::-1])
    one, other = (drawn(simulation_of(p), Assignment(), ZERO, 3, 1).panel for p in (panel, turned))
    assert one.units == other.units
    assert np.array_equal(one.treatment, other.treatment)
    np.testing.assert_allclose(one.outcome, other.outcome, atol=1e-9)


def test_the_same_seed_and_number_give_the_same_bits_and_others_do_not() -> None:
    one, again = (drawn(simulated(), UNIFORM, ZERO, 5, 2).panel for _ in "12")
    assert np.array_equal(one.outcome, again.outcome)
    assert np.array_equal(one.treatment, again.treatment)
    for seed, number in ((5, 3), (6, 2)):
        assert not np.any(drawn(simulated(), UNIFORM, ZERO, seed, number).panel.outcome
                          == one.outcome)  # fmt: skip


def test_every_assignment_and_effect_meets_the_same_noise() -> None:
    panels = [
        drawn(simulated(), assignment, effect, 1, 4).panel
        for assignment in (UNIFORM, Assignment("staggered", 3, 4), Assignment("logistic", 3, 4))
        for effect in (ZERO, Effect("constant", 2.0), Effect("heterogeneous", 2.0))
    ]
    untreated = ~np.any([panel.treatment for panel in panels], axis=0)
    assert all(
        np.array_equal(panel.outcome[untreated], panels[0].outcome[untreated]) for panel in panels
    )


def test_draws_have_the_noise_that_was_fitted() -> None:
    source = simulated("matched")
    scaled = replace(source, unit_scale=np.linspace(0.5, 1.5, UNITS))
    errors = []
    for number in range(400):
        panel = drawn(scaled, UNIFORM, ZERO, 0, number).panel
        standard = (panel.outcome - scaled.centre) / scaled.scale
        errors.append(standard - scaled.two_way - scaled.interactive)
    u = np.array(errors)
    variance = scaled.unit_scale[:, None] ** 2 * scaled.period_scale**2
    expected = variance * np.diag(scaled.covariance)
    np.testing.assert_allclose(u.var(axis=0), expected, rtol=0.35)  # 400 draws: 5 errors of 7 %
    np.testing.assert_allclose(u.var(axis=0).mean(axis=1), expected.mean(axis=1), rtol=0.08)


@pytest.mark.parametrize("key", ["did", "sdid"])
def test_an_effect_moves_the_estimate_by_its_mean_and_nothing_else(key: str) -> None:
    def error(effect: Effect) -> float:
        found = drawn(simulated(), UNIFORM, effect, 2, 7)
        estimator = ESTIMATORS[key].tune(found.panel)
        return att(found.panel, estimator.fit(found.panel)) - found.effect

    without_effect = error(ZERO)
    assert error(Effect("constant", 3.0)) == pytest.approx(without_effect, abs=1e-9)
    assert error(Effect("heterogeneous", 3.0)) == pytest.approx(without_effect, abs=1e-9)


def test_effects_are_in_standard_deviations_of_noise() -> None:
    source = simulated()
    assert drawn(source, UNIFORM, ZERO, 0, 0).effect == 0
    constant = drawn(source, UNIFORM, Effect("constant", 2.0), 0, 0)
    assert constant.effect == pytest.approx(2 * source.noise * source.scale)


def test_gaps_stay_gaps_and_treated_cells_are_observed() -> None:
    panel = small()
    outcome = panel.outcome.copy()
    outcome[5, 3] = outcome[0, -1] = np.nan
    source = simulation_of(with_outcome(panel, outcome))
    found = drawn(source, Assignment(), ZERO, 0, 0).panel
    assert np.argwhere(~found.observed).tolist() == [[5, 3]]


def test_autocorrelations_are_those_of_the_recursion_and_of_long_draws() -> None:
    first, second = 0.5, -0.2
    found = autocorrelation(np.array([first, second]), 6)[0]
    by_hand = [1.0, first / (1 - second)]
    for _ in range(4):
        by_hand.append(first * by_hand[-1] + second * by_hand[-2])
    np.testing.assert_allclose(found, by_hand)
    rng = np.random.default_rng(0)
    spread = np.linalg.cholesky(autocorrelation(np.array([first, second]), 40))
    error = rng.standard_normal((500, 40)) @ spread.T
    everywhere = np.ones(error.shape, dtype=bool)
    assert chosen_lags(error, everywhere) == 2
    np.testing.assert_allclose(autoregression(error, everywhere, 2), [first, second], atol=0.02)
    assert chosen_lags(rng.standard_normal((50, 40)), np.ones((50, 40), dtype=bool)) == 0


def test_what_would_wander_off_is_drawn_in() -> None:
    found = stationary(np.array([1.2, 0.1]))
    assert np.abs(np.roots([1, *-found])).max() < 0.99
    kept = np.array([0.5, 0.1])
    assert stationary(kept) is kept


@pytest.mark.parametrize(
    ("panel", "said"),
    [
        (labelled(noisy(6, 20), treated_as("block", 6, 20)), "there are 6, 20 and 95%"),
        (labelled(noisy(12, 7), treated_as("block", 12, 7)), "there are 12, 7 and"),
        (labelled(np.where(np.arange(20) < 16, np.nan, noisy(12, 20)),
                  treated_as("block", 12, 20)), "12, 20 and 18%"),
    ],
)  # fmt: skip
def test_a_panel_too_small_to_simulate_is_told_what_is_needed(panel: Panel, said: str) -> None:
    with pytest.raises(UnsupportedDesign, match=r"needs 8 units, 8 periods and 30%") as refusal:
        simulation_of(panel)
    assert said in str(refusal.value)


def test_what_cannot_be_drawn_is_one_line() -> None:
    with pytest.raises(UnsupportedDesign, match="no cell of the panel is treated"):
        drawn(simulated(), Assignment("own"), ZERO, 0, 0)
    with pytest.raises(UnsupportedDesign, match=r"needs 13 units and 6\s+periods; there are 12"):
        drawn(simulated(), Assignment("uniform", 11, 4), ZERO, 0, 0)
    one = simulation_of(labelled(outcome(), treated_as("block", UNITS, PERIODS, treated=1)))
    with pytest.raises(UnsupportedDesign, match="with 1 of 12 units treated they do"):
        drawn(one, Assignment("logistic"), ZERO, 0, 0)
    with pytest.raises(InvalidPanel, match="choose from own, shuffled"):
        Assignment("x")  # type: ignore[arg-type]
    with pytest.raises(InvalidPanel, match="choose from zero"):
        Effect("x")  # type: ignore[arg-type]
    with pytest.raises(InvalidPanel, match="choose from matched"):
        simulated("x")
