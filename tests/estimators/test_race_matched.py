"""What the matched recipe finds in a panel: how many factors, how large, and what noise is like."""

import numpy as np
import pytest

from estimators.core.panel import BoolArray, FloatArray
from estimators.race.completed import completed
from estimators.race.matched import behind_noise, filling, systematic
from estimators.race.persistence import autocorrelation
from estimators.race.recipes import simulation_of
from tests.estimators.panels import labelled, treated_as


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
