"""The rank of the estimate among placebos, by fit after over fit before, and its interval."""

from functools import cache

import numpy as np
import pytest

from estimators import ESTIMATORS, VARIANCES, Inference, Panel, Refusal, evaluate
from estimators.core.panel import FloatArray
from estimators.variance.placebos import Placebos
from estimators.variance.ranks import rejecting_ranks
from tests.estimators.panels import labelled, noisy, prop99, small, treated_as, with_outcome
from tests.estimators.twins.procedures import rank_p

KIND, START = VARIANCES["permutation"], 13


@cache
def panel_of(seed: int, effect: float = 0.0, units: int = 24) -> Panel:
    treatment = treated_as("block", units, 16, treated=1)
    return labelled(noisy(units, 16, seed, factors=0.3) + effect * treatment, treatment)


def said(panel: Panel, name: str = "did", level: float = 0.95, draws: int = 200) -> Inference:
    (found,) = evaluate(panel, ESTIMATORS[name], KIND, level=level, placebos=draws).inferences
    assert isinstance(found, Inference), found
    return found


def every_gap(panel: Panel, name: str) -> FloatArray:
    """(N, T) gaps of the treated unit, and of each control treated in its place without it."""
    N = len(panel.units)
    found = np.empty(panel.outcome.shape)
    for unit in range(N):
        kept = np.array([i for i in range(N) if unit == 0 or i != 0])
        treatment = np.zeros((len(kept), 16), dtype=bool)
        row = int(np.flatnonzero(kept == unit)[0])
        treatment[row, START:] = True
        placed = labelled(panel.outcome[kept], treatment)
        fit = ESTIMATORS[name].fit(placed)
        found[unit] = placed.outcome[row] - fit.counterfactual[row]
    return found


@pytest.mark.parametrize("name", ["did", "sc"])
@pytest.mark.parametrize("effect", [0.0, 3.0])
def test_the_p_value_is_the_rank_of_the_treated_unit(name: str, effect: float) -> None:
    panel = panel_of(1, effect)
    found = said(panel, name)
    assert found.p_value == pytest.approx(rank_p(every_gap(panel, name), 0, START))
    assert (found.placebos, found.standard_error, found.df) == (23, None, None)


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_the_interval_holds_the_effects_that_the_test_does_not_reject(level: float) -> None:
    panel = panel_of(2, 3.0)
    gaps, found = every_gap(panel, "sc"), said(panel, "sc", level)
    width = found.ci_high - found.ci_low
    for tau in np.linspace(found.ci_low - width, found.ci_high + width, 60):
        accepted = rank_p(gaps, 0, START, effect=tau) > 1 - level + 1e-12
        assert accepted == (found.ci_low <= tau <= found.ci_high), tau


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("seed", range(12))
def test_zero_is_excluded_exactly_when_it_is_rejected(seed: int, level: float) -> None:
    found = said(panel_of(seed, effect=0.15 * seed), "did", level)
    rank = round(found.p_value * 24)
    assert (rank <= rejecting_ranks(24, level)) == (found.ci_low > 0 or found.ci_high < 0)


def test_a_rank_of_one_in_twenty_rejects_at_five_percent() -> None:
    assert [rejecting_ranks(n, 0.95) for n in (19, 20, 39, 40)] == [0, 1, 1, 2]
    assert [rejecting_ranks(n, 0.9) for n in (9, 10, 19, 20)] == [0, 1, 1, 2]


def test_too_few_placebos_are_refused_with_the_number_needed() -> None:
    (found,) = evaluate(panel_of(1, units=19), ESTIMATORS["did"], KIND).inferences
    assert isinstance(found, Refusal)
    assert "needs 19 placebos of never-treated units for a 0.95 interval; there are 18" in (
        found.reason
    )
    assert said(panel_of(1, units=20)).placebos == 19


def test_effects_that_differ_too_much_between_periods_are_refused_with_the_p_value() -> None:
    panel = panel_of(3)
    path = np.where(panel.treatment, np.linspace(-60, 60, 16), 0.0)
    (found,) = evaluate(
        with_outcome(panel, panel.outcome + path), ESTIMATORS["did"], KIND
    ).inferences
    assert isinstance(found, Refusal)
    assert "every constant effect is rejected (p-value of no effect: 0.0417)" in found.reason


def test_switching_treatment_has_no_before_and_is_refused() -> None:
    (found,) = evaluate(small("on_off"), ESTIMATORS["did"], KIND).inferences
    assert isinstance(found, Refusal)
    assert "there is no before" in found.reason


def test_the_rank_beside_an_estimate_counts_the_estimate_and_placebos_as_large_either_way() -> None:
    panel = labelled(noisy(8, 14), treated_as("block", 8, 14, treated=1))
    found = evaluate(panel, ESTIMATORS["did"], VARIANCES["given_period"])
    placebos = Placebos(panel, ESTIMATORS["did"]).same_period.overall
    larger = sum(abs(one) >= abs(found.att) for one in placebos)
    assert 0 < larger < 7
    assert found.diagnostics["placebo_rank"] == {"rank": larger + 1, "of": 8}


def test_cohorts_and_several_units_are_moved_together() -> None:
    treatment = treated_as("staggered", 24, 16)
    panel = labelled(noisy(24, 16) + 3 * treatment, treatment)
    found = said(panel, "did", draws=60)
    assert (found.ci_low + found.ci_high) / 2 == pytest.approx(
        evaluate(panel, ESTIMATORS["did"]).att
    )
    assert found.placebos == 60
    assert found.p_value >= 1 / 61


def test_placebos_lack_what_the_treated_unit_lacks_before_treatment() -> None:
    """DID on white noise; the treated unit is seen in 4 of 20 periods before. Of 150 panels at 10 %
    15 reject, with a standard error of 3.7; against placebos seen in all 20 it would be 30."""
    rng = np.random.default_rng(0)
    treatment = np.zeros((25, 21), dtype=bool)
    treatment[0, -1] = True
    rejected = 0
    for _ in range(150):
        outcome = rng.normal(size=treatment.shape)
        outcome[0, rng.choice(20, size=16, replace=False)] = np.nan
        found = said(labelled(outcome, treatment), level=0.9)
        rejected += found.ci_low > 0 or found.ci_high < 0
    assert 4 <= rejected <= 26


def test_a_placebo_that_cannot_be_imputed_is_left_out_and_counted() -> None:
    panel = panel_of(1, 3.0)
    outcome = panel.outcome.copy()
    outcome[5, :START] = np.nan
    found = said(with_outcome(panel, outcome))
    assert found.placebos == 22
    assert found.p_value >= 1 / 23
    assert "rank" in found.construction
    assert "of 23 by fit" in found.construction
    assert "all 23 placements of never-treated units, same periods, 22 of which can be imputed" in (
        found.construction
    )
    outcome[6:9, :START] = np.nan
    outcome[9] = np.nan
    (few,) = evaluate(with_outcome(panel, outcome), ESTIMATORS["did"], KIND).inferences
    assert isinstance(few, Refusal)
    assert "needs 19 placebos of never-treated units that can be imputed" in few.reason
    assert "there are 18" in few.reason


def test_california_is_first_of_39_by_sdid_and_third_by_sc_without_predictors() -> None:
    assert said(prop99(), "sdid").p_value == pytest.approx(1 / 39)
    assert said(prop99(), "sc").p_value == pytest.approx(3 / 39)
