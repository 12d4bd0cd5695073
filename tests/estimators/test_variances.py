"""The five variances: what each responds to, what none may see, and when they refuse."""

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from estimators import ESTIMATORS, STANDARD_VARIANCES, Estimate, Inference, Panel, Refusal, evaluate
from estimators.core.panel import FloatArray
from estimators.variance.placebos import Placebos
from tests.estimators.catalogue import PAIRS, tuned
from tests.estimators.panels import labelled, noisy, prop99, small, treated_as, with_outcome
from tests.estimators.twins.placebos import poisson_prediction, pools

DID = ESTIMATORS["did"]


def one_cell(outcome: FloatArray) -> Panel:
    """The first unit is treated in the last period."""
    treatment = np.zeros(outcome.shape, dtype=bool)
    treatment[0, -1] = True
    return labelled(outcome, treatment)


def values(panel: Panel, placebos: int = 400) -> dict[str, float]:
    """Variances of DID by kind."""
    pools = Placebos(panel, DID, placebos)
    return {kind: variance.estimate(pools).value for kind, variance in STANDARD_VARIANCES.items()}


@cache
def answered(name: str, design: str, factor: float = 1.0) -> Estimate:
    panel = small(design)
    panel = with_outcome(panel, factor * panel.outcome)
    return evaluate(panel, tuned(name, design), STANDARD_VARIANCES.values(), placebos=25)


def inferences(estimate: Estimate) -> list[Inference]:
    found = [one for one in estimate.inferences if isinstance(one, Inference)]
    assert len(found) == 5, estimate.inferences
    return found


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_every_estimator_that_answers_has_all_five_and_each_agrees_with_itself(
    name: str, design: str
) -> None:
    estimate = answered(name, design)
    for kind, found in zip(STANDARD_VARIANCES, inferences(estimate), strict=True):
        assert found.variance is not None
        assert found.kind == found.variance.kind == kind
        assert found.variance.value > 0
        assert found.standard_error == pytest.approx(np.sqrt(found.variance.value))
        assert (found.df, found.placebos) == (found.variance.df, found.variance.placebos)
        assert (found.p_value < 0.05) == (found.ci_low > 0 or found.ci_high < 0)
        assert (found.ci_low + found.ci_high) / 2 == pytest.approx(estimate.att)
        assert found.construction == found.variance.construction != ""
        assert 0 < found.variance.df <= found.variance.placebos


@pytest.mark.parametrize("name", ["did", "sc", "difp"])
@pytest.mark.parametrize("design", ["block", "staggered"])
def test_standard_errors_scale_with_the_outcome(name: str, design: str) -> None:
    for one, four in zip(
        inferences(answered(name, design)), inferences(answered(name, design, 4.0)), strict=True
    ):
        assert one.standard_error is not None
        assert four.standard_error == pytest.approx(4 * one.standard_error, rel=1e-8)
        assert four.p_value == pytest.approx(one.p_value, rel=1e-8)


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_no_variance_sees_a_treated_outcome(name: str, design: str) -> None:
    panel, estimator = small(design), tuned(name, design)
    absurd = with_outcome(panel, np.where(panel.treatment, 1e7, panel.outcome))
    again = evaluate(absurd, estimator, STANDARD_VARIANCES.values(), placebos=25)
    for one, two in zip(inferences(answered(name, design)), inferences(again), strict=True):
        assert two.variance == one.variance


def test_each_kind_is_made_of_the_pools_its_formula_names() -> None:
    found = Placebos(prop99(), DID)
    kinds = {kind: variance.estimate(found) for kind, variance in STANDARD_VARIANCES.items()}
    U, M = found.same_period.mean_square, found.elsewhere.mean_square
    P, past = found.same_unit.mean_square, found.controls_past.mean_square
    assert found.carried  # windows of a year for a treatment of twelve
    assert set(found.same_unit.scored.sum(axis=1)) == {1}
    for pool in (found.same_period, found.elsewhere):  # these carry the treatment whole
        assert set(pool.scored.sum(axis=1)) == {12}
    assert kinds["marginal"].value == M
    assert kinds["given_period"].value == U
    assert kinds["given_unit"].value == pytest.approx(M * P / past)
    assert kinds["given_both"].value == pytest.approx(U * P / past)
    assert kinds["given_period"].df == pytest.approx(37)  # 38 states, less one
    assert kinds["given_both"].df < found.same_unit.df  # windows are uneven
    assert found.same_unit.df == pytest.approx(13)  # forecasts of one year are independent


def test_for_one_treated_cell_the_pools_are_those_of_a_loop_over_cells() -> None:
    panel = one_cell(noisy(9, 14, seed=3))
    found = Placebos(panel, DID, 400)
    U, P, M = pools(panel, training=4)
    np.testing.assert_allclose(np.sort(found.same_period.overall), np.sort(U), atol=1e-9)
    np.testing.assert_allclose(np.sort(found.same_unit.overall), np.sort(P), atol=1e-9)
    np.testing.assert_allclose(np.sort(found.elsewhere.overall), np.sort(M.ravel()), atol=1e-9)
    np.testing.assert_allclose(np.sort(found.controls_past.overall), np.sort(M.ravel()), atol=1e-9)
    u, p, m = (float(np.mean(e**2)) for e in (U, P, M))
    found_values = values(panel)
    assert found_values["marginal"] == pytest.approx(m)
    assert found_values["given_period"] == pytest.approx(u)
    assert found_values["given_unit"] == pytest.approx(p)
    assert found_values["given_both"] == pytest.approx(u * p / m)


def test_given_both_is_what_a_poisson_fit_predicts_for_the_treated_cell() -> None:
    panel = one_cell(noisy(9, 14, seed=4))
    U, P, M = pools(panel, training=4)
    table = np.block([[P[None, :] ** 2, np.full((1, 1), np.nan)], [M**2, U[:, None] ** 2]])
    assert values(panel)["given_both"] == pytest.approx(poisson_prediction(table), rel=1e-8)


def test_where_squares_are_outer_products_given_both_finds_the_missing_one() -> None:
    rng = np.random.default_rng(0)
    squares = np.outer(rng.uniform(0.5, 2, 9), rng.uniform(0.5, 2, 8))
    u, p, m = squares[1:, -1].mean(), squares[0, :-1].mean(), squares[1:, :-1].mean()
    table = squares.copy()
    table[0, -1] = np.nan
    assert u * p / m == pytest.approx(squares[0, -1])
    assert poisson_prediction(table) == pytest.approx(squares[0, -1])


def test_for_even_noise_all_five_agree_on_average() -> None:
    """DID, 8 × 13, one treated cell, noise of variance 1, 80 panels.

    A forecast after s periods against d other donors has variance (1 + 1/s)(1 + 1/d): U has s = 12
    and d = 6, M has s = 4, …, 11 and d = 6, P the same s and d = 7. U·P/M is U·P/E(M) to within
    Var(M)/E(M)², about 2/48. U and P average 7 and 8 squares of relative variance 2, so an average
    over 80 panels has a relative standard error of at most √((2/6 + 2/8)/80) = 0.085: 0.27 allows
    three of them. adaptive lies between the others.
    """
    found = [
        values(one_cell(np.random.default_rng(seed).normal(0, 1, (8, 13)))) for seed in range(80)
    ]
    earlier = np.mean([1 + 1 / s for s in range(4, 12)])
    expected = {
        "marginal": earlier * (1 + 1 / 6),
        "given_period": (1 + 1 / 12) * (1 + 1 / 6),
        "given_unit": earlier * (1 + 1 / 7),
        "given_both": (1 + 1 / 12) * (1 + 1 / 7),
        "adaptive": earlier * (1 + 1 / 6),
    }
    for kind, value in expected.items():
        assert np.mean([one[kind] for one in found]) == pytest.approx(value, rel=0.27), kind


def test_enumerated_placebos_have_no_seed_in_them() -> None:
    panel = one_cell(noisy(9, 14))
    first, second = (Placebos(panel, DID, 400, seed) for seed in (1, 2))
    for kind in STANDARD_VARIANCES.values():
        assert kind.estimate(first).value == pytest.approx(kind.estimate(second).value, rel=1e-12)
        assert "all " in kind.estimate(first).construction


def test_sampled_placebos_repeat_for_a_seed_and_differ_between_seeds() -> None:
    panel = labelled(noisy(20, 16), treated_as("block", 20, 16))
    kind = STANDARD_VARIANCES["given_period"]
    one, same, other = (kind.estimate(Placebos(panel, DID, 30, seed)) for seed in (1, 1, 2))
    assert one == same
    assert one.value != other.value


def test_too_few_donors_refuse_with_the_number_needed_and_the_estimate_stays() -> None:
    whole = small("block")
    panel = whole.select(np.arange(5), np.arange(16))
    estimate = evaluate(panel, DID, STANDARD_VARIANCES.values())
    assert np.isfinite(estimate.att)
    for kind in ("marginal", "given_period", "given_both"):
        refusal = next(
            one for one in estimate.inferences if isinstance(one, Refusal) and one.key == kind
        )
        assert "need 4 never-treated units for 2 treated; there are 3" in refusal.reason


def test_too_short_a_past_refuses_what_holds_the_unit_fixed_and_nothing_else() -> None:
    panel = one_cell(noisy(10, 7))
    kinds = {
        one.key if isinstance(one, Refusal) else one.kind: one
        for one in evaluate(panel, DID, STANDARD_VARIANCES.values()).inferences
    }
    for kind in ("given_unit", "given_both"):
        refusal = kinds[kind]
        assert isinstance(refusal, Refusal)
        assert re.search("need 7 periods before treatment; there are 6", refusal.reason)
    assert isinstance(kinds["marginal"], Inference)
    assert isinstance(kinds["given_period"], Inference)


@pytest.mark.parametrize("levels", [0.0, 1.0, 1e6])
def test_placebos_without_any_noise_refuse_instead_of_promising_certainty(levels: float) -> None:
    """Units and periods that add up exactly leave rounding, which is no noise either."""
    rng = np.random.default_rng(0)
    added = levels * rng.standard_normal((10, 1)) + levels * rng.standard_normal((1, 16))
    found = evaluate(
        labelled(added, treated_as("block")), DID, STANDARD_VARIANCES.values()
    ).inferences
    assert all(isinstance(one, Refusal) for one in found)
    assert all("placebo effects are all zero" in one.reason for one in found
               if isinstance(one, Refusal))  # fmt: skip


def test_on_off_patterns_with_hardly_an_untreated_cell_are_refused() -> None:
    rng = np.random.default_rng(1)
    treatment = rng.random((30, 20)) < 0.99
    treatment[:, 0] = treatment[0] = False
    treatment[5, 3] = False
    panel = labelled(noisy(30, 20), treatment)
    refusals = evaluate(panel, DID, STANDARD_VARIANCES["given_unit"]).inferences
    assert isinstance(refusals[0], Refusal)


def test_sdid_keeps_its_shrinkage_when_placebos_are_refitted() -> None:
    """Recomputing ζ inside placebo draws is a known mistake: another ζ must change U."""
    panel, estimator = small("block"), tuned("sdid", "block")
    zeta = getattr(estimator, "zeta", None)
    assert zeta is not None
    U = STANDARD_VARIANCES["given_period"].estimate(Placebos(panel, estimator)).value
    other = replace(estimator, zeta=(50 * zeta[0],))  # type: ignore[type-var]
    assert STANDARD_VARIANCES["given_period"].estimate(Placebos(panel, other)).value != U


def test_effects_by_period_carry_intervals_where_treated_and_average_to_the_effect() -> None:
    estimate = answered("did", "block")
    treated = [row for row in estimate.by_period if row.treated]
    assert [row.period for row in treated] == [13, 14, 15]
    cells = sum(row.effect * row.treated for row in treated) / sum(row.treated for row in treated)
    assert cells == pytest.approx(estimate.att)
    for row in treated:
        assert row.ci_low is not None
        assert row.ci_high is not None
        assert row.ci_low < row.effect < row.ci_high
        assert row.effect == pytest.approx(row.observed - row.counterfactual)
    assert all(row.ci_low is None for row in estimate.by_period if not row.treated)
