"""What is said beside an estimate: planted noise and leverage are found, and even noise is not."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from estimators import ESTIMATORS, VARIANCES, Panel, UnsupportedDesign, evaluate
from estimators.diagnostics.favoured import Favoured, favoured
from estimators.diagnostics.lack_of_fit import lack_of_fit
from estimators.diagnostics.residuals import innovations, serial_correlation, two_way_residuals
from estimators.diagnostics.unevenness import Unevenness, unevenness
from storage.json_values import canonical, plain
from tests.estimators.panels import (
    block,
    labelled,
    noise,
    prop99,
    treated_as,
    with_outcome,
)

SHAPE = (24, 24)
NOBODY = np.zeros(SHAPE[0], dtype=bool)


def by_unit(panel: Panel) -> Unevenness:
    left = two_way_residuals(panel)
    new = innovations(left, serial_correlation(left).rho)
    return unevenness(new, panel.units, panel.treated_units)


def by_period(panel: Panel) -> Unevenness:
    left = two_way_residuals(panel)
    new = innovations(left, serial_correlation(left).rho)
    return unevenness(new.T, panel.periods, np.asarray(panel.treatment.any(axis=0)))


def test_a_noisy_unit_is_found_named_and_not_taken_for_noisy_periods() -> None:
    outcome = noise(1)
    outcome[7] *= 4
    found = by_unit(block(outcome))
    assert found.p_value < 0.001
    assert found.noisiest == block(outcome).units[7]
    assert found.ratio > 1.8
    assert by_period(block(outcome)).p_value > 0.05


def test_a_noisy_period_is_found_named_and_not_taken_for_noisy_units() -> None:
    outcome = noise(2)
    outcome[:, 9] *= 4
    found = by_period(block(outcome))
    assert found.p_value < 0.001
    assert found.noisiest == 9
    assert by_unit(block(outcome)).p_value > 0.05


@pytest.mark.parametrize("which", ["normal", "heavy tails", "serial correlation"])
def test_even_noise_is_called_uneven_no_more_often_than_the_level_says(which: str) -> None:
    found = []
    for seed in range(120):
        outcome = noise(seed, rho=0.6 if which == "serial correlation" else 0.0)
        if which == "heavy tails":
            outcome = np.random.default_rng(seed).standard_t(3, SHAPE)
        panel = block(outcome)
        found.append((by_unit(panel).p_value < 0.05, by_period(panel).p_value < 0.05))
    # 120 panels at 5 %: more than 12 would happen by chance once in a hundred
    assert np.sum(found, axis=0).max() <= 12


def test_the_test_without_gaps_is_friedmans_on_half_normal_scores() -> None:
    size = np.abs(noise(3, (6, 9)))
    rank = stats.rankdata(size, axis=0)
    score = stats.norm.ppf(0.5 + rank / (2 * 7))
    score -= score.mean(axis=0)
    within = (score**2).sum() / (6 - 1)
    expected = (score.sum(axis=1) ** 2).sum() / within
    found = unevenness(size, tuple("abcdef"), np.zeros(6, dtype=bool))
    assert found.statistic == pytest.approx(expected, rel=1e-10)
    assert found.df == 5
    assert found.p_value == pytest.approx(stats.chi2.sf(expected, 5), rel=1e-10)


def test_gaps_are_dealt_as_the_quadratic_form_with_a_generalised_inverse_deals_them() -> None:
    size = np.abs(noise(4, (7, 12)))
    size[np.random.default_rng(4).random(size.shape) < 0.3] = np.nan
    total, covariance = np.zeros(7), np.zeros((7, 7))
    for column in size.T:
        there = np.isfinite(column)
        count = int(there.sum())
        score = stats.norm.ppf(0.5 + stats.rankdata(column[there]) / (2 * (count + 1)))
        score -= score.mean()
        total[there] += score
        inside = np.ix_(there, there)
        covariance[inside] += (
            (score @ score) / (count - 1) * (np.eye(count) - np.full((count, count), 1 / count))
        )
    expected = total @ np.linalg.pinv(covariance, rcond=1e-10) @ total
    found = unevenness(size, tuple("abcdefg"), np.zeros(7, dtype=bool))
    assert found.statistic == pytest.approx(expected, rel=1e-9)


def test_a_last_digit_does_not_break_a_tie() -> None:
    # two units at either side of a period's median are equally far from it
    size = np.abs(noise(6, (8, 15)))
    size[1] = size[0]
    digits = np.random.default_rng(6).uniform(-1e-14, 1e-14, size.shape)
    labels = tuple("abcdefgh")
    nobody = np.zeros(8, dtype=bool)
    tied, shaken = (unevenness(one, labels, nobody) for one in (size, size + digits))
    assert shaken.statistic == pytest.approx(tied.statistic, rel=1e-12)


def test_how_noisy_the_treated_are_is_told_relative_to_the_others() -> None:
    outcome = noise(5, (24, 60))
    outcome[0] *= 3
    found = by_unit(block(outcome)).treated
    assert found is not None
    assert 2 < found < 4
    several = unevenness(np.outer([8.0] * 9 + [1.0] * 15, np.ones(24)), tuple(range(24)),
                         np.arange(24) < 9)  # fmt: skip
    assert several.treated == pytest.approx(8)
    most = unevenness(np.outer([8.0] * 15 + [1.0] * 9, np.ones(24)), tuple(range(24)),
                      np.arange(24) < 15)  # fmt: skip
    assert most.treated == pytest.approx(8)
    everyone = unevenness(noise(5), tuple(range(24)), ~NOBODY)
    assert everyone.treated is None


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_serial_correlation_is_recovered_without_the_bias_of_taking_out_means(rho: float) -> None:
    found = [
        serial_correlation(two_way_residuals(block(noise(s, (40, 30), rho)))) for s in range(9)
    ]
    assert np.mean([one.rho for one in found]) == pytest.approx(rho, abs=0.04)


def test_in_the_test_of_serial_correlation_each_unit_is_one_draw() -> None:
    left = np.random.default_rng(21).normal(size=(9, 14)) * np.geomspace(0.2, 5, 9)[:, None]
    left[2, 5] = left[4, :6] = np.nan
    psi = []
    for row in left:
        null = -1 / (int(np.isfinite(row).sum()) - 1)
        pairs = [(now, last) for last, now in itertools.pairwise(row) if np.isfinite(now + last)]
        psi.append(sum(last * (now - null * last) for now, last in pairs))
    z = sum(psi) / np.sqrt(sum(one**2 for one in psi))
    found = serial_correlation(left)
    assert found.statistic == pytest.approx(z)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(z)))


def test_serial_correlation_is_seen_where_it_is_and_at_most_at_the_level_where_it_is_not() -> None:
    def rejected(rho: float) -> int:
        panels = (block(noise(seed, rho=rho)) for seed in range(120))
        return sum(serial_correlation(two_way_residuals(p)).p_value < 0.05 for p in panels)

    assert rejected(0.0) <= 13
    assert rejected(0.3) >= 110


def test_one_wild_cell_makes_neither_its_unit_nor_its_period_uneven() -> None:
    outcome = noise(6)
    calm = by_unit(block(outcome)).p_value, by_period(block(outcome)).p_value
    outcome[5, 5] += 1_000
    wild = by_unit(block(outcome)).p_value, by_period(block(outcome)).p_value
    assert min(calm) > 0.05
    assert min(wild) > 0.05


def test_treated_outcomes_change_no_evidence() -> None:
    panel = block(noise(7))
    changed = with_outcome(panel, np.where(panel.treatment, 1e6, panel.outcome))
    assert by_unit(panel) == by_unit(changed)
    assert by_period(panel) == by_period(changed)


def test_a_panel_too_small_to_compare_is_refused_with_what_is_needed() -> None:
    with pytest.raises(UnsupportedDesign, match=r"needs 5 units .* of 4 units and 20"):
        innovations(noise(8, (4, 20)), 0.0)
    with pytest.raises(UnsupportedDesign, match="needs 5 units"):
        serial_correlation(noise(8, (4, 20)))
    with pytest.raises(UnsupportedDesign, match="there is no noise"):
        unevenness(np.zeros((6, 6)), tuple(range(6)), np.zeros(6, dtype=bool))


def test_units_never_seen_together_are_compared_within_their_groups_alone() -> None:
    first, second = np.abs(noise(9, (6, 6))), np.abs(noise(10, (6, 6)))
    apart = np.full((12, 12), np.nan)
    apart[:6, :6], apart[6:, 6:] = first, second
    found = unevenness(apart, tuple(range(12)), NOBODY[:12])
    alone = [unevenness(one, tuple(range(6)), NOBODY[:6]) for one in (first, second)]
    assert found.statistic == pytest.approx(sum(one.statistic for one in alone))
    assert found.df == 10


EVEN = Unevenness(1.0, 9, 0.4, 1.2, "a", "b", None)
UNEVEN = replace(EVEN, p_value=0.001)
ENOUGH: dict[str, float | None] = dict.fromkeys(
    ("marginal", "given_unit", "given_period", "given_both", "adaptive"), 20.0
)


@pytest.mark.parametrize(
    ("unit", "period", "kind"),
    [
        (EVEN, EVEN, "marginal"),
        (UNEVEN, EVEN, "given_unit"),
        (EVEN, UNEVEN, "given_period"),
        (UNEVEN, UNEVEN, "given_both"),
        (None, UNEVEN, "adaptive"),
        (EVEN, None, "adaptive"),
    ],
)
def test_the_kind_favoured_follows_the_rule(
    unit: Unevenness | None, period: Unevenness | None, kind: str
) -> None:
    assert favoured(unit, period, ENOUGH).kind == kind


def test_a_favoured_kind_that_was_refused_or_is_worth_little_gives_way_to_adaptive() -> None:
    few = favoured(UNEVEN, UNEVEN, ENOUGH | {"given_both": 3.6})
    assert few == Favoured(
        "adaptive",
        "noise is uneven by unit and by period, but the interval given both rests on 3.6 degrees "
        "of freedom, fewer than 8",
    )
    refused = favoured(EVEN, UNEVEN, {"marginal": 20.0, "adaptive": 9.0})
    assert refused.kind == "adaptive"
    assert "was refused" in refused.because


def test_the_pattern_of_the_gaps_is_told_as_durbin_and_watson_tell_it() -> None:
    panel = prop99()
    fit = ESTIMATORS["did"].fit(panel)
    found = lack_of_fit(panel, fit)
    gap = (panel.outcome - fit.counterfactual)[panel.treated_units][0][:19]
    expected = (np.diff(gap) ** 2).sum() / (gap**2).sum()
    assert found["pre_durbin_watson"] == pytest.approx(expected)
    assert found["pre_worst"] == {"period": 1970, "gap": pytest.approx(gap[0])}


@pytest.mark.parametrize("design", ["block", "staggered", "on_off"])
def test_every_estimate_carries_its_evidence_as_json(design: str) -> None:
    panel = labelled(noise(14, (14, 18)), treated_as(design, 14, 18))
    found = evaluate(panel, ESTIMATORS["did"], VARIANCES["marginal"], placebos=10).diagnostics
    told = json.loads(canonical(plain(found)))
    assert set(told["noise"]) == {"by_unit", "by_period", "serial"}
    assert set(told["leverage"]) == {"donors", "treated", "periods"}
    assert ("refused" in told["leverage"]["treated"]) == (design == "on_off")
    assert told["favoured"]["kind"] in VARIANCES or told["favoured"]["kind"] == "adaptive"


def test_a_panel_too_small_for_evidence_is_answered_all_the_same() -> None:
    panel = labelled(noise(15, (4, 8)), treated_as("block", 4, 8, treated=1))
    found = evaluate(panel, ESTIMATORS["did"]).diagnostics
    noise_found = found["noise"]
    assert isinstance(noise_found, dict)
    assert "refused" in noise_found["by_unit"]
    assert "cannot be tested here" in str(found["favoured"])
