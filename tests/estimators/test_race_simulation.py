"""Panels taken apart and drawn again: the published engine, and what must not be looked at."""

from dataclasses import fields, replace

import numpy as np
import pytest

from estimators import ESTIMATORS, InvalidPanel, Panel, UnsupportedDesign, att
from estimators.core.panel import BoolArray, FloatArray
from estimators.race.assignments import Assignment
from estimators.race.completed import completed
from estimators.race.effects import Effect
from estimators.race.matched import behind_noise, filling, systematic
from estimators.race.persistence import autocorrelation, autoregression, chosen_lags, stationary
from estimators.race.propensity import STRENGTHS, policies_behind
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


@pytest.mark.parametrize("how", ["own", "shuffled"])
@pytest.mark.parametrize("design", ["staggered", "on_off"])
def test_the_studys_own_pattern_is_moved_to_random_units(how: str, design: str) -> None:
    panel = small(design)
    source = simulation_of(panel)
    assignment = Assignment(how)  # type: ignore[arg-type]
    moved = [drawn(source, assignment, ZERO, 0, number).panel.treatment for number in range(30)]
    rows = sorted(map(tuple, panel.treatment.tolist()))
    assert all(sorted(map(tuple, one.tolist())) == rows for one in moved)
    assert np.all(np.sum([one.any(axis=1) for one in moved], axis=0) > 0)


def test_units_like_the_treated_ones_are_drawn_more_often() -> None:
    """Treated are those with the highest levels; units near them are drawn more often."""
    panel = labelled(outcome() + 5 * np.arange(UNITS)[::-1, None], treated_as(
        "block", UNITS, PERIODS, treated=3))  # fmt: skip
    source = simulation_of(panel)
    shares = {
        how: np.mean(
            [drawn(source, Assignment(how), ZERO, 0, number).panel.treatment[:, -1]
             for number in range(200)], axis=0,
        )
        for how in ("shuffled", "own")
    }  # fmt: skip
    assert np.ptp(shares["shuffled"]) < 0.2
    assert shares["own"][:3].min() > 2 * shares["own"][-6:].max()


def test_a_single_treated_unit_says_little_about_who_is_treated() -> None:
    one = simulation_of(labelled(outcome(), treated_as("block", UNITS, PERIODS, treated=1)))
    assert one.policies is not None
    odds = [one.policies.drawn(np.random.default_rng(number)) for number in range(2000)]
    assert np.mean([each / each.sum() for each in odds], axis=0).max() < 0.5


@pytest.mark.parametrize("treated", [1, 4, 12])
def test_the_policies_drawn_are_those_behind_the_treated_units(treated: int) -> None:
    """The slow twin draws policies before anything is known, and weighs each by who was treated.

    Laplace's method is an approximation: it is off by a fifth of what chances differ, at most, and
    most where a single unit is treated.
    """
    rng = np.random.default_rng(treated)
    scores = rng.normal(size=(30, 2))
    who = np.zeros(30, dtype=bool)
    who[np.argsort(-scores[:, 0] + 0.3 * rng.normal(size=30))[:treated]] = True
    found = policies_behind(scores, who)
    ours = np.mean([_chances(np.log(found.drawn(rng))) for _ in range(4000)], axis=0)
    gamma = rng.choice(STRENGTHS, size=(400_000, 1)) * rng.normal(size=(400_000, 2))
    logit = rng.uniform(-14, 8, size=(400_000, 1)) + gamma @ scores.T
    weight = np.exp(-np.logaddexp(0, np.where(who, -logit, logit)).sum(axis=1))
    kept = weight > 1e-4 * weight.max()
    theirs = weight[kept] @ _chances(gamma[kept] @ scores.T) / weight[kept].sum()
    assert (ours - theirs).std() < theirs.std() / 5
    assert np.corrcoef(ours, theirs)[0, 1] > 0.99


def _chances(logit: FloatArray) -> FloatArray:
    """Of each unit, to be the first that is drawn."""
    odds = np.exp(logit)
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def test_a_policy_that_goes_by_nothing_is_taken_for_one_more_often_than_a_strong_one() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(40, 4))
    nothing, strong = [], []
    for _ in range(40):
        nothing.append(policies_behind(scores, rng.permutation(40) < 10).share[0])
        ranked = np.zeros(40, dtype=bool)
        ranked[np.argsort(-scores[:, 0] + 0.5 * rng.normal(size=40))[:10]] = True
        strong.append(policies_behind(scores, ranked).share[0])
    assert np.mean(nothing) > 0.3
    assert np.mean(strong) < 0.02


def test_assignments_treat_as_many_units_and_periods_as_they_say() -> None:
    source = simulated()
    for number in range(20):
        uniform = drawn(source, UNIFORM, ZERO, 0, number).panel.treatment
        assert set(uniform.sum(axis=1)) == {0, 4}
        assert uniform[:, -4:].any(axis=1).sum() == 3
        staggered = drawn(source, Assignment("staggered", 3, 4), ZERO, 0, number).panel.treatment
        runs = staggered.sum(axis=1)
        assert (runs > 0).sum() == 3
        assert runs.max() <= 4
        assert staggered[runs > 0, -1].all()
        logistic = drawn(source, Assignment("logistic", 3, 4), ZERO, 0, number).panel.treatment
        assert 1 <= logistic.any(axis=1).sum() <= 3
        on_off = drawn(source, Assignment("on_off"), ZERO, 0, number).panel.treatment
        assert (np.diff(on_off.astype(int), axis=1) == -1).any()


def test_a_logistic_assignment_draws_units_as_often_as_their_factors_say() -> None:
    source = simulated()
    every = Assignment("logistic", UNITS - 2, 4)
    shares = np.mean([drawn(source, every, ZERO, 0, number).panel.treatment[:, -1]
                      for number in range(600)], axis=0)  # fmt: skip
    assert np.corrcoef(shares, source.propensity)[0, 1] > 0.98
    np.testing.assert_allclose(shares, source.propensity, atol=0.07)


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


def factor_panel(rank: int, seed: int, rho: float = 0.6, uneven: float = 0.0) -> FloatArray:
    """(30, 40) with two-way effects, strong factors, persistent noise."""
    rng = np.random.default_rng(seed)
    found = rng.normal(size=(30, 1)) + rng.normal(size=(1, 40))
    found = found + 1.5 * rng.normal(size=(30, rank)) @ rng.normal(size=(rank, 40))
    spread = np.linalg.cholesky(autocorrelation(np.array([rho]), 40))
    noise = rng.standard_normal((30, 40)) @ spread.T
    return np.asarray(found + np.exp(uneven * rng.normal(size=(30, 1))) * noise)


@pytest.mark.parametrize("rank", [0, 1, 3])
def test_the_number_of_factors_is_found_in_persistent_noise(rank: int) -> None:
    treated = treated_as("block", 30, 40, treated=4)
    found = [simulation_of(labelled(factor_panel(rank, seed), treated)) for seed in range(5)]
    assert [one.rank for one in found].count(rank) >= 4


def test_what_is_simulated_is_as_large_as_what_is_there_and_not_as_what_was_found() -> None:
    """What is estimated holds noise; drawn with noise it must not count twice."""
    treated = treated_as("block", 30, 40, treated=4)
    rng = np.random.default_rng(5)
    left, right = (np.linalg.qr(rng.normal(size=(count, 2)))[0] for count in (30, 40))
    left, right = left - left.mean(axis=0), right - right.mean(axis=0)
    factor = 15.0 * left[:, :1] @ right[:, :1].T  # noise alone has singular values up to 11.8
    size, found, raw, effects = float((factor**2).sum()), [], [], []
    for seed in range(12):
        noise = np.random.default_rng(seed).normal(size=(30, 40))
        made = simulation_of(labelled(factor + noise, treated))
        found.append(float((made.interactive**2).sum()) * made.scale**2)
        effects.append(float(made.two_way.var()) * made.scale**2)
        whole = systematic(factor + noise, 1)
        raw.append((float((whole.interactive**2).sum()), float(whole.two_way.var())))
    assert np.mean(found) == pytest.approx(size, rel=0.12)
    assert np.mean(raw, axis=0)[0] > 1.3 * size
    assert np.mean(effects) < 0.5 * np.mean(raw, axis=0)[1]


@pytest.mark.parametrize("shape", [(30, 40), (60, 20)])
def test_factors_behind_noise_are_those_of_least_squared_error(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    left, right = (np.linalg.qr(rng.normal(size=(count, 2)))[0] for count in shape)
    values, gained = np.array([22.0, 15.0]), []
    truth = (left * values) @ right.T
    for _ in range(20):
        u, d, v = np.linalg.svd(truth + rng.normal(size=shape), full_matrices=False)
        shrunk = behind_noise(d[:2], 1.0, *shape)
        errors = [
            float(((u[:, :2] * (share * shrunk)) @ v[:2] - truth).__pow__(2).sum())
            for share in (0.8, 1.0, 1.2)
        ]
        whole = float((((u[:, :2] * d[:2]) @ v[:2] - truth) ** 2).sum())
        gained.append((errors[0], errors[1], errors[2], whole))
    low, least, high, whole = np.mean(gained, axis=0)
    assert least < min(low, high)
    assert least < 0.9 * whole
    assert np.array_equal(behind_noise(np.array([5.0, 0.0]), 1.0, *shape), [0, 0])
    assert np.array_equal(behind_noise(values, 0.0, *shape), values)


def as_found(X: FloatArray, _: BoolArray, rank: int) -> FloatArray:
    found = systematic(X, rank)
    return found.two_way + found.interactive


def test_treated_cells_are_filled_with_what_stands_out_of_noise() -> None:
    """A factor that few earlier periods tell of is not extrapolated as large as it looks."""
    rng = np.random.default_rng(8)
    treated = treated_as("block", 30, 40, treated=4)
    treated[:4, 18:] = True
    errors = []
    for _ in range(12):
        factors = 0.8 * rng.normal(size=(30, 2)) @ rng.normal(size=(2, 40))
        panel = labelled(factors + rng.normal(size=(30, 40)), treated)
        filled = [
            completed(panel.outcome, panel.usable, one, lambda _, __, rank: rank == 2)[0]
            for one in (filling, as_found)
        ]
        errors.append([float(((one - factors)[treated] ** 2).mean()) for one in filled])
    ours, theirs = np.mean(errors, axis=0)
    assert ours < 0.95 * theirs


def test_persistence_and_unevenness_are_those_of_the_noise() -> None:
    treated = treated_as("block", 30, 40, treated=4)
    even = [simulation_of(labelled(factor_panel(1, seed), treated)) for seed in range(5)]
    uneven = simulation_of(labelled(factor_panel(1, 0, uneven=0.5), treated))
    first = [one.covariance[0, 1] / one.covariance[0, 0] for one in even]
    assert np.mean(first) == pytest.approx(0.6, abs=0.05)
    assert max(np.ptp(one.unit_scale) for one in even) < 0.5
    assert np.ptp(uneven.unit_scale) > 1
    noise = [one.noise * one.scale for one in even]
    assert np.mean(noise) == pytest.approx(1, abs=0.07)


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
