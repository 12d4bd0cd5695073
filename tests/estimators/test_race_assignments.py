"""Who is treated in a simulated panel: the own pattern of the study, policies, named ones."""

import numpy as np
import pytest

from estimators.core.panel import FloatArray
from estimators.race.assignments import Assignment
from estimators.race.propensity import STRENGTHS, policies_behind
from estimators.race.recipes import simulation_of
from estimators.race.simulation import drawn
from tests.estimators.panels import labelled, treated_as
from tests.estimators.test_race_simulation import (
    PERIODS,
    UNIFORM,
    UNITS,
    ZERO,
    outcome,
    simulated,
    small,
)


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
