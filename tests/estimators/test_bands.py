"""Simultaneous bands: all effects at once, from the paths of placebos."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from estimators import UnsupportedDesign
from estimators.core.panel import FloatArray, IntArray
from estimators.variance.bands import band, intervals, paths_needed

LEVELS = st.sampled_from([0.5, 0.8, 0.9, 0.95])


def paths(seed: int, count: int, periods: int) -> FloatArray:
    """(count, periods) correlated over time, and noisier late than early."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, periods)).cumsum(axis=1) * rng.uniform(0.5, 2, periods)


def slow_critical_value(placebo: FloatArray, df: float, level: float) -> float:
    """Path by path, each judged by a scale in which it is replaced by an independent draw.

    Of ν + 1 exchangeable units worth of squares, one is the path's own: the others' mean square is
    ((ν + 1) s² − p²) / ν.
    """
    count, periods = placebo.shape
    largest = []
    for d in range(count):
        ratios = []
        for t in range(periods):
            whole = sum(placebo[other, t] ** 2 for other in range(count)) / count
            others = ((df + 1) * whole - placebo[d, t] ** 2) / df
            ratios.append(abs(placebo[d, t]) / math.sqrt(others) if others > 0 else math.inf)
        largest.append(max(ratios))
    ranks = [k for k in range(1, count + 1) if (count + 1 - k) / (count + 1) < 1 - level]
    return max(sorted(largest)[min(ranks) - 1], float(stats.t.ppf((1 + level) / 2, df)))


@settings(max_examples=60, derandomize=True)
@given(seed=st.integers(0, 999), count=st.integers(20, 45), periods=st.integers(1, 6), level=LEVELS)
def test_the_critical_value_is_that_of_the_slow_twin(
    seed: int, count: int, periods: int, level: float
) -> None:
    placebo = paths(seed, count, periods)
    found = band(np.zeros(periods), placebo, count - 1, level, "by hand")
    assert found.critical_value == pytest.approx(slow_critical_value(placebo, count - 1, level))
    assert found.placebos == count


def test_a_path_among_single_units_is_judged_by_the_spread_of_the_others() -> None:
    placebo = paths(3, 25, 1)[:, 0]
    left_out = [abs(x) / np.sqrt(np.mean(np.delete(placebo, d) ** 2)) for d, x in
                enumerate(placebo)]  # fmt: skip
    found = band(np.zeros(1), placebo[:, None], 24, 0.9, "by hand")
    ranks = [k for k in range(1, 26) if (26 - k) / 26 < 1 - 0.9]
    assert found.critical_value == pytest.approx(
        max(sorted(left_out)[min(ranks) - 1], stats.t.ppf(0.95, 24))
    )


@settings(max_examples=100, derandomize=True)
@given(
    seed=st.integers(0, 999),
    count=st.integers(20, 60),
    periods=st.integers(1, 8),
    size=st.floats(0, 8),
    level=LEVELS,
)
def test_p_is_below_one_minus_the_level_exactly_when_the_band_excludes_zero_somewhere(
    seed: int, count: int, periods: int, size: float, level: float
) -> None:
    placebo = paths(seed, count, periods)
    effects = size * np.random.default_rng(seed).normal(size=periods)
    found = band(effects, placebo, count - 1, level, "by hand")
    half = found.critical_value * intervals(placebo, count - 1, level).standard_error
    assert (found.p_value < 1 - level) == bool((abs(effects) > half).any())
    assert 0 < found.p_value <= 1


@settings(max_examples=60, derandomize=True)
@given(
    seed=st.integers(0, 999), count=st.integers(20, 40), level=LEVELS, factor=st.floats(1e-6, 1e6)
)
def test_the_band_holds_the_single_intervals_and_scales_with_the_outcome(
    seed: int, count: int, level: float, factor: float
) -> None:
    placebo = paths(seed, count, 5)
    alone = intervals(placebo, count - 1, level)
    found = band(np.ones(5), placebo, count - 1, level, "by hand")
    assert (found.critical_value * alone.standard_error >= alone.half * (1 - 1e-12)).all()
    scaled = band(factor * np.ones(5), factor * placebo, count - 1, level, "by hand")
    assert scaled.critical_value == pytest.approx(found.critical_value)
    assert scaled.p_value == pytest.approx(found.p_value)


def test_p_is_never_below_that_of_the_largest_single_interval() -> None:
    placebo = np.where(np.arange(30) % 2 == 0, 1.0, -1.0)[:, None]  # so s = 1, and no rank is high
    found = band(np.array([2.5]), placebo, 4, 0.9, "x")
    assert found.p_value == pytest.approx(2 * stats.t.sf(2.5, 4))
    assert found.p_value > 1 / 31


def test_an_interval_has_fewer_degrees_of_freedom_than_paths() -> None:
    placebo = paths(1, 20, 2)
    placebo[5:, 1] = np.nan
    found = intervals(placebo, 30, 0.95)
    assert found.df.tolist() == [19, 4]
    assert found.half == pytest.approx(stats.t.ppf(0.975, [19, 4]) * found.standard_error)


def test_a_higher_level_never_gives_a_narrower_band() -> None:
    placebo = paths(1, 60, 6)
    values = [band(np.zeros(6), placebo, 59, level, "x").critical_value for level in
              (0.5, 0.8, 0.9, 0.95, 0.98)]  # fmt: skip
    assert values == sorted(values)
    assert values[0] < values[-1]


@pytest.mark.parametrize(("level", "needed"), [(0.95, 19), (0.8, 5), (0.99, 99)])
def test_too_few_paths_for_a_level_are_refused_with_the_number_needed(
    level: float, needed: int
) -> None:
    assert paths_needed(level) == needed
    assert 1 / (needed + 1) < 1 - level
    assert not 1 / needed < 1 - level
    enough = paths(2, needed, 3)
    assert band(np.zeros(3), enough, needed - 1, level, "x").placebos == needed
    with pytest.raises(UnsupportedDesign, match=rf"needs {needed} placebo paths.*are {needed - 1}"):
        band(np.zeros(3), np.vstack([enough[1:], [[1, np.nan, 1]]]), 30, level, "x")


def test_a_period_that_placebos_do_not_reach_leaves_no_band_but_the_other_intervals() -> None:
    placebo = paths(2, 30, 3)
    placebo[1:, 1] = np.nan
    alone = intervals(placebo, 29, 0.95)
    assert np.isnan(alone.half[1])
    assert np.isfinite(alone.half[[0, 2]]).all()
    with pytest.raises(UnsupportedDesign, match="1 of 3 treated periods have no interval"):
        band(np.zeros(3), placebo, 29, 0.95, "x")


def test_placebos_that_are_all_zero_in_a_period_say_nothing_about_it() -> None:
    placebo = paths(2, 30, 2)
    placebo[:, 0] = 0.0
    assert np.isnan(intervals(placebo, 29, 0.95).half[0])
    with pytest.raises(UnsupportedDesign, match="all are zero"):
        band(np.zeros(2), placebo, 29, 0.95, "x")


def test_paths_worth_too_few_units_are_refused() -> None:
    placebo = np.full((40, 6), 0.01)
    for d in range(6):
        placebo[d, d] = 1.0  # each period's spread is one path's
    with pytest.raises(UnsupportedDesign, match="worth only 3 degrees of freedom"):
        band(np.zeros(6), placebo, 3, 0.9, "x")


def double_difference(outcome: FloatArray, groups: IntArray, before: int) -> FloatArray:
    """(groups, K) mean of each group of rows minus that of all others, less the pre-period's."""
    gaps = outcome[:, before:] - outcome[:, :before].mean(axis=1, keepdims=True)
    inside = gaps[groups].sum(axis=1)
    size = groups.shape[1]
    return np.asarray(inside / size - (gaps.sum(axis=0) - inside) / (len(gaps) - size))


@pytest.mark.parametrize(
    ("controls", "treated", "periods", "correlation", "summed"),
    [(30, 1, 8, 0.0, False), (30, 1, 8, 0.6, True), (20, 2, 5, 0.0, False), (20, 2, 5, 0.6, True)],
)
def test_the_whole_band_covers_as_often_as_it_says(
    controls: int, treated: int, periods: int, correlation: float, summed: bool
) -> None:
    """Double differences, 600 panels: nominal .95; ranks of few placebos are conservative."""
    before, draws, level = 12, 600, 0.95
    rng = np.random.default_rng(11)
    every = np.array(list(itertools.combinations(range(controls), treated)))
    inside = alone = 0
    for _ in range(draws):
        noise = rng.normal(size=(treated + controls, before + periods))
        for t in range(1, noise.shape[1]):
            noise[:, t] = (
                correlation * noise[:, t - 1] + math.sqrt(1 - correlation**2) * noise[:, t]
            )
        effect = double_difference(noise, np.arange(treated)[None], before)[0]
        placebo = double_difference(noise[treated:], every, before)
        if summed:
            effect, placebo = effect.cumsum(), placebo.cumsum(axis=1)
        found = band(effect, placebo, controls - 1, level, "x")
        error = intervals(placebo, controls - 1, level)
        inside += bool((abs(effect) <= found.critical_value * error.standard_error).all())
        alone += bool((abs(effect) <= error.half).all())
    assert 0.93 <= inside / draws <= 0.99  # ± 2 Monte-Carlo errors below, ranks above
    assert alone / draws < 0.92  # which is why there is a band
