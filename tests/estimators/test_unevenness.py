"""Shrinkage and degrees of freedom: against known cases, twins and simulated χ²."""

import numpy as np
import pytest
from scipy.special import polygamma, stdtrit

from estimators import ESTIMATORS, STANDARD_VARIANCES
from estimators.core.panel import FloatArray, IntArray
from estimators.core.placements import Placement
from estimators.variance.effects import Effects, noise_share
from estimators.variance.independence import (
    alike_rotations,
    alike_windows,
    degrees,
    degrees_uneven,
    shared_by_deals,
    shared_by_groups,
)
from estimators.variance.placebos import Placebos
from estimators.variance.unevenness import df_of, log_variance, spread, unevenness
from tests.estimators.panels import labelled, small
from tests.estimators.twins.adaptive import adaptive

DID = ESTIMATORS["did"]


def one_cell(outcome: FloatArray) -> Placebos:
    treatment = np.zeros(outcome.shape, dtype=bool)
    treatment[0, -1] = True
    return Placebos(labelled(outcome, treatment), DID, 400)


def by_moments(weights: FloatArray) -> float:
    """Satterthwaite's degrees of freedom of the mean of (w_d · ε)², from (D, cells) weights."""
    gram = weights @ weights.T
    return float(np.trace(gram) ** 2 / (gram**2).sum())


def test_one_unit_on_each_control_is_worth_one_less_than_there_are() -> None:
    pools = one_cell(np.random.default_rng(0).normal(size=(12, 20)))
    assert pools.same_period.df == pytest.approx(10)


def test_forecasts_of_one_period_are_independent_and_count_in_full() -> None:
    pools = one_cell(np.random.default_rng(0).normal(size=(12, 20)))
    assert pools.same_unit.df == pytest.approx(13)
    assert pools.controls_past.df == pytest.approx(130)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_overlapping_windows_are_worth_what_their_weights_say(length: int) -> None:
    """Double differences of windows, built cell by cell."""
    starts = range(10, 31 - length)
    weights = np.zeros((len(starts), 30))
    placed = []
    for row, start in zip(weights, starts, strict=True):
        row[start : start + length] = 1 / length
        row[:start] = -1 / start
        row /= np.linalg.norm(row)
        pattern = (np.arange(start + length) >= start)[None, :]
        placed.append(Placement(np.arange(6), np.arange(start + length), np.array([0]), pattern))
    alike = alike_windows(placed, 30)
    times = np.arange(len(starts))
    found = degrees(np.zeros_like(times), times, 0.0, alike)
    assert found == pytest.approx(by_moments(weights))
    assert degrees_uneven(np.ones(len(times)), alike) == pytest.approx(found)
    scale = np.linspace(0.2, 3, len(times))
    uneven = by_moments(np.sqrt(scale)[:, None] * weights)
    assert degrees_uneven(scale, alike) == pytest.approx(uneven)


def test_groups_that_share_units_are_worth_less_than_their_number() -> None:
    rng = np.random.default_rng(3)
    groups = [np.sort(rng.choice(20, 4, replace=False)) for _ in range(60)]
    weights = np.full((60, 20), -1 / 16)
    for row, group in zip(weights, groups, strict=True):
        row[group] = 1 / 4
    share = shared_by_groups(groups, np.arange(20))
    found = degrees(np.arange(60), np.zeros(60, dtype=np.intp), share, np.ones((1, 1)))
    assert found == pytest.approx(by_moments(weights))


def test_degrees_of_freedom_count_every_pair_of_placements() -> None:
    rng = np.random.default_rng(6)
    groups, times = rng.integers(9, size=40), rng.integers(6, size=40)
    near = rng.uniform(size=(6, 6))
    alike, share = np.where(np.eye(6) == 1, 1.0, near * near.T), 0.03
    pairs = [
        (1.0 if groups[d] == groups[e] else share) * alike[times[d], times[e]]
        for d in range(40)
        for e in range(40)
    ]
    assert degrees(groups, times, share, alike) == pytest.approx(40**2 / sum(pairs))


def test_rotations_and_deals_of_an_on_off_pattern_are_as_alike_as_their_centred_cells() -> None:
    pattern = small("on_off").treatment
    n, periods = pattern.shape
    centred = pattern - pattern.mean(axis=0) - pattern.mean(axis=1, keepdims=True) + pattern.mean()

    def squared(one: FloatArray, two: FloatArray) -> float:
        return float((one * two).sum() ** 2 / ((one**2).sum() * (two**2).sum()))

    alike = alike_rotations(pattern)
    for s in range(periods):
        for t in range(periods):
            expected = squared(np.roll(centred, s, axis=1), np.roll(centred, t, axis=1))
            assert alike[s, t] == pytest.approx(expected)
    rng = np.random.default_rng(0)
    drawn = [squared(centred, centred[rng.permutation(n)]) for _ in range(20_000)]
    error = np.std(drawn) / np.sqrt(len(drawn))
    assert shared_by_deals(pattern) == pytest.approx(np.mean(drawn), abs=4 * error)


@pytest.mark.parametrize("df", [0.3, 1.0, 4.5, 37.0, 2000.0])
def test_degrees_of_freedom_and_the_variance_of_a_logarithm_are_inverses(df: float) -> None:
    assert log_variance(df) == pytest.approx(float(polygamma(1, df / 2)))
    assert df_of(log_variance(df)) == pytest.approx(df, rel=1e-9)


def test_even_squares_show_no_spread_and_uneven_ones_as_much_as_they_have() -> None:
    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(400), 10)
    even = rng.normal(size=4000) ** 2
    scale = np.exp(rng.normal(size=400))  # log-variance 1
    found, uneven = spread(even, labels, 10, 400), spread(even * scale[labels], labels, 10, 400)
    assert found.variance == pytest.approx(0, abs=0.05)
    assert found.concentration == pytest.approx(1, abs=0.05)
    assert uneven.variance == pytest.approx(1, abs=0.25)
    assert uneven.concentration > 1.5
    assert found.shrinkage(20) < 0.5 < 0.99 < uneven.shrinkage(20)


def drawn(overall: FloatArray, groups: IntArray, times: IntArray) -> Effects:
    """Effects of single units, W windows of one period each, among seven controls."""
    nothing = np.zeros((len(overall), 0))
    return Effects(
        overall, nothing, nothing.astype(np.intp), groups, times, 1 / 36, np.eye(4), "by hand"
    )


def test_treated_units_are_compared_with_controls_in_the_windows_they_have_themselves() -> None:
    rng = np.random.default_rng(8)
    groups, times = np.indices((7, 4)).reshape(2, -1)
    table = rng.normal(size=(7, 4)) * [1.0, 2.0, 0.5, 9.0]
    controls = drawn(table.ravel(), groups, times)
    some = np.array([0, 2])
    own = drawn(rng.normal(size=2), np.zeros(2, dtype=np.intp), some)
    now = drawn(rng.normal(size=7), np.arange(7), np.zeros(7, dtype=np.intp))
    found = unevenness(controls, own, now, controls)
    means = (table**2).mean(axis=0)
    w = (means / means.mean()) ** found.by_period
    ratio = np.mean(own.overall**2 / w[some]) / np.mean(table[:, some] ** 2 / w[some])
    assert found.by_period > 0.5
    assert found.unit_ratio == pytest.approx(ratio * 6 / (6 + 2 * found.by_period))


def test_one_treated_unit_that_stands_out_among_alike_controls_is_seen() -> None:
    calm = spread(np.ones(50), np.arange(50), 20, 50, treated=1.0)
    loud = spread(np.ones(50), np.arange(50), 20, 50, treated=400.0)
    assert calm.variance == 0
    assert loud.shrinkage(20) > 0.9


def test_adaptive_is_marginal_where_noise_is_even_and_given_both_where_it_is_not() -> None:
    """100 panels of 30 × 30 each: closer to the one, then to the other, on average of logs."""
    rng = np.random.default_rng(5)
    for uneven in (0.0, 0.8):
        gaps = []
        for _ in range(25):
            a, b = (np.exp(uneven * rng.normal(size=30)) for _ in range(2))
            pools = one_cell(a[:, None] * b * rng.normal(size=(30, 30)))
            V = {kind: one.estimate(pools).value for kind, one in STANDARD_VARIANCES.items()}
            gaps.append(
                [abs(np.log(V["adaptive"] / V[kind])) for kind in ("marginal", "given_both")]
            )
        marginal, both = np.mean(gaps, axis=0)
        assert (marginal < both / 2) if uneven == 0 else (both < marginal / 2)


@pytest.mark.parametrize("uneven", [0.0, 0.5, 1.0])
def test_adaptive_and_its_degrees_of_freedom_are_those_written_down(uneven: float) -> None:
    rng = np.random.default_rng(int(10 * uneven))
    a, b = (np.exp(uneven * rng.normal(size=size)) for size in (12, 20))
    pools = one_cell(a[:, None] * b * rng.normal(size=(12, 20)))
    table = pools.controls_past.overall.reshape(11, 13)
    expected = adaptive(pools.same_period.overall, pools.same_unit.overall, table)
    found = STANDARD_VARIANCES["adaptive"].estimate(pools)
    assert (expected.by_period > 0.5) == (expected.by_unit > 0.5) == (uneven > 0)
    assert found.value == pytest.approx(expected.value)
    assert found.df == pytest.approx(expected.df)
    both = STANDARD_VARIANCES["given_both"].estimate(pools)
    assert both.df == pytest.approx(expected.given_both_df)


def test_where_squares_differ_the_interval_of_a_weighted_mean_keeps_its_level() -> None:
    """z² over a mean of scaled χ²: t intervals with what unevenness leaves cover 95 %."""
    rng = np.random.default_rng(2)
    weights = np.exp(rng.normal(size=(20_000, 10)))
    weights /= weights.sum(axis=1, keepdims=True)
    mean = (weights * rng.normal(size=weights.shape) ** 2).sum(axis=1)
    z = np.abs(rng.normal(size=len(mean)))
    alike = np.eye(10)
    df = np.array([10 * (degrees_uneven(w, alike) / 10) ** 0.75 for w in weights])
    assert np.mean(z <= stdtrit(df, 0.975) * np.sqrt(mean)) == pytest.approx(0.95, abs=0.006)


def test_the_share_of_noise_is_that_of_a_double_difference_to_first_order() -> None:
    panel = small("on_off")
    n, t = panel.treatment.shape
    scored, usable = panel.treatment, panel.usable
    design = np.zeros((n * t, n + t))
    rows, columns = np.unravel_index(np.arange(n * t), (n, t))
    design[np.arange(n * t), rows] = 1
    design[np.arange(n * t), n + columns] = 1
    target = design[scored.ravel()].mean(axis=0)
    gram = design[usable.ravel()].T @ design[usable.ravel()]
    exact = 1 / scored.sum() + target @ np.linalg.pinv(gram) @ target
    assert noise_share(panel) == pytest.approx(exact, rel=0.35)
