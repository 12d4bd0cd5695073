"""DWCP: each target's own weights, one certified fit behind each, and what they reduce to."""

from dataclasses import replace

import numpy as np
import pytest

from estimators import ESTIMATORS, Panel, UnsupportedDesign, att, evaluate
from estimators.core.panel import FloatArray
from estimators.doubly_weighted import DoublyWeighted
from estimators.matrix_completion import MatrixCompletion
from estimators.variance.kinds import GivenPeriodVariance
from tests.estimators.panels import EFFECT, labelled, noisy, small, treated_as
from tests.estimators.twins.doubly_weighted import (
    cell_weights,
    pooled_weights,
    weighted_surface,
)

WEIGHTED = DoublyWeighted(0.15, 0.6, 1.0)
TWIN = 1e-6  # of outcomes of order ten: what the twin's plain steps leave


def with_covariates(panel: Panel, seed: int = 3, extra: FloatArray | None = None) -> Panel:
    """Two covariates that move the outcome by 2 and −1, and a third if given."""
    X = np.random.default_rng(seed).normal(0, 1, (*panel.outcome.shape, 2))
    names: tuple[str, ...] = ("price", "weather")
    outcome = panel.outcome + X @ np.array([2.0, -1.0])
    if extra is not None:
        X, names = np.concatenate([X, extra[:, :, None]], axis=2), (*names, "extra")
    return replace(panel, outcome=outcome, covariates=X, covariate_names=names)


@pytest.mark.parametrize("penalty", [np.inf, 1.0, 0.2])
@pytest.mark.parametrize("design", ["block", "staggered", "on_off"])
def test_every_cell_is_the_fit_of_its_own_weights(design: str, penalty: float) -> None:
    panel = small(design)
    found = replace(WEIGHTED, lambda_nn=penalty).fit(panel).counterfactual
    for unit, period in np.argwhere(panel.treatment)[::5]:
        weights = cell_weights(panel, panel.usable, unit, period, 0.15, 0.6)
        surface, _ = weighted_surface(panel, weights, penalty)
        assert found[unit, period] == pytest.approx(surface[unit, period], abs=TWIN)


@pytest.mark.parametrize("penalty", [np.inf, 0.5])
def test_leaving_one_cell_out_is_a_refit_without_it(penalty: float) -> None:
    panel = small("staggered")
    found = replace(WEIGHTED, lambda_nn=penalty, tolerance=1e-11).leave_one_cell_out(panel)
    assert np.isfinite(found[panel.usable]).all()
    assert np.isnan(found[panel.treatment]).all()
    for unit, period in np.argwhere(panel.usable)[::31]:
        usable = panel.usable.copy()
        usable[unit, period] = False
        weights = cell_weights(panel, usable, unit, period, 0.15, 0.6)
        surface, _ = weighted_surface(panel, weights, penalty)
        assert found[unit, period] == pytest.approx(surface[unit, period], abs=TWIN)


def test_a_cell_that_alone_joins_its_unit_to_the_others_is_not_predicted() -> None:
    panel = small("block")
    outcome = panel.outcome.copy()
    outcome[5, 1:] = np.nan
    found = DoublyWeighted(0.1, 0.1, np.inf).leave_one_cell_out(replace(panel, outcome=outcome))
    assert np.isnan(found[5]).all()
    assert np.isfinite(found[6]).all()


def test_an_untreated_cell_of_a_treated_unit_is_shown_as_if_it_were_treated() -> None:
    panel = small("block")
    fit = WEIGHTED.fit(panel)
    rows = panel.treated_units[:, None] & panel.usable
    alone = replace(WEIGHTED, tolerance=1e-10).leave_one_cell_out(panel)
    np.testing.assert_allclose(fit.counterfactual[rows], alone[rows], atol=1e-4)
    assert "predicted by a fit without it" in fit.notes[0]
    shown = replace(WEIGHTED, show_untreated=False).fit(panel).counterfactual
    assert np.isnan(shown[~panel.treatment]).all()
    np.testing.assert_allclose(
        shown[panel.treatment], fit.counterfactual[panel.treatment], atol=1e-7
    )


@pytest.mark.parametrize("design", ["block", "staggered", "on_off"])
@pytest.mark.parametrize("pooled", [False, True])
def test_without_rates_it_is_did_and_mc(design: str, pooled: bool) -> None:
    panel = small(design)
    treated = panel.treatment
    did = ESTIMATORS["did"].fit(panel).counterfactual[treated]
    plain = DoublyWeighted(0.0, 0.0, np.inf, pooled=pooled).fit(panel).counterfactual[treated]
    np.testing.assert_allclose(plain, did, atol=1e-8)
    spread = float(panel.outcome[panel.usable].std())
    mc = MatrixCompletion(lambda_nn=2.0 * spread).fit(panel).counterfactual[treated]
    factors = DoublyWeighted(0.0, 0.0, 2.0, pooled=pooled).fit(panel).counterfactual[treated]
    np.testing.assert_allclose(factors, mc, atol=1e-8)


def test_a_rate_that_hardly_decays_is_nearly_did_by_the_weighted_solver_too() -> None:
    panel = small("staggered")
    did = ESTIMATORS["did"].fit(panel).counterfactual[panel.treatment]
    near = DoublyWeighted(1e-13, 1e-13, np.inf).fit(panel).counterfactual[panel.treatment]
    np.testing.assert_allclose(near, did, atol=1e-8)


@pytest.mark.parametrize("penalty", [np.inf, 0.5])
def test_pooled_is_one_fit_for_spells_that_start_and_end_together(penalty: float) -> None:
    panel = small("staggered")
    found = replace(WEIGHTED, lambda_nn=penalty, pooled=True).fit(panel).counterfactual
    for unit in np.flatnonzero(panel.treated_units):
        columns = np.flatnonzero(panel.treatment[unit])
        weights = pooled_weights(panel, [int(unit)], columns[0], columns[-1], 0.15, 0.6)
        surface, _ = weighted_surface(panel, weights, penalty)
        np.testing.assert_allclose(found[unit, columns], surface[unit, columns], atol=TWIN)


def test_pooled_units_are_weighted_by_their_distance_to_the_units_average() -> None:
    panel = small("block")
    found = replace(WEIGHTED, pooled=True).fit(panel).counterfactual
    first, last = np.flatnonzero(panel.treatment.any(axis=0))[[0, -1]]
    weights = pooled_weights(panel, [0, 1], first, last, 0.15, 0.6)
    surface, _ = weighted_surface(panel, weights, 1.0)
    np.testing.assert_allclose(found[panel.treatment], surface[panel.treatment], atol=TWIN)


def test_units_that_are_never_untreated_together_cannot_be_pooled() -> None:
    panel = small("block")
    outcome = panel.outcome.copy()
    outcome[0, ::2] = outcome[1, 1::2] = np.nan
    holed = replace(panel, outcome=outcome)
    with pytest.raises(UnsupportedDesign, match=r"all 2 units treated from 13 to 15 \(u0, u1\)"):
        replace(WEIGHTED, pooled=True).fit(holed)
    assert np.isfinite(att(holed, WEIGHTED.fit(holed)))


@pytest.mark.parametrize("penalty", [np.inf, 0.5])
def test_covariates_are_taken_out_without_a_penalty(penalty: float) -> None:
    panel = with_covariates(small("block"))
    linear = replace(WEIGHTED, lambda_nn=penalty, covariates="linear", show_untreated=False)
    fit = linear.fit(panel)
    gammas = []
    for unit, period in np.argwhere(panel.treatment):
        weights = cell_weights(panel, panel.usable, unit, period, 0.15, 0.6)
        surface, gamma = weighted_surface(panel, weights, penalty)
        gammas.append(gamma)
        assert fit.counterfactual[unit, period] == pytest.approx(surface[unit, period], abs=TWIN)
    assert list(fit.coefficients) == ["price", "weather"]
    np.testing.assert_allclose(list(fit.coefficients.values()), np.mean(gammas, axis=0), atol=TWIN)


def test_covariates_explain_what_they_cause() -> None:
    panel = with_covariates(small("block", factors=0.0))
    linear = DoublyWeighted(0.02, 0.0, np.inf, covariates="linear")
    ignored = replace(linear, covariates="ignore").fit(panel)
    used = linear.fit(panel)
    assert used.coefficients["price"] == pytest.approx(2.0, abs=0.3)
    assert abs(att(panel, used) - EFFECT) < abs(att(panel, ignored) - EFFECT)
    assert "2 covariates are not used (price, weather); covariates: linear uses them" in (
        ignored.notes
    )


def test_covariates_that_cannot_be_told_apart_are_refused_by_name() -> None:
    plain = small("block")
    double = with_covariates(plain)
    assert double.covariates is not None
    panel = with_covariates(plain, extra=double.covariates[:, :, 0] * 3 + np.arange(16))
    asked = replace(WEIGHTED, covariates="linear")
    with pytest.raises(UnsupportedDesign, match=r"cannot tell 1 of 3 covariates apart: \w+ is a"):
        asked.fit(panel)
    with pytest.raises(UnsupportedDesign, match="asked for linear covariates; the panel has none"):
        asked.tune(plain)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lambda_time": -1.0}, "lambda_time is a number from 0 up; not -1"),
        ({"lambda_unit": np.inf}, "lambda_unit is a number from 0 up; not inf"),
        ({"lambda_nn": 0.0}, "infinite for no low-rank part; not 0"),
        ({"covariates": "joint"}, "covariates is one of ignore, linear"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DoublyWeighted(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("rates", [(4.0, 5.0), (4.0, 0.0), (30.0, 40.0)])
def test_weights_far_apart_cost_no_digits(rates: tuple[float, float]) -> None:
    panel = labelled(noisy(8, 30, seed=4), treated_as("block", 8, 30))
    found = DoublyWeighted(*rates, np.inf, show_untreated=False).fit(panel).counterfactual
    for unit, period in np.argwhere(panel.treatment):
        weights = cell_weights(panel, panel.usable, unit, period, *rates)
        seen = weights.max(axis=0) > 1e-14 * weights.max()
        # far cells are as good as absent; the dummies' pseudo-inverse drops them
        surface, _ = weighted_surface(panel, np.where(seen, weights, 0.0), np.inf)
        assert np.isfinite(found[unit, period])
        if rates[0] < 10:
            assert found[unit, period] == pytest.approx(surface[unit, period], abs=1e-5)


def test_fits_are_certified_also_where_they_are_only_compared() -> None:
    fit = replace(WEIGHTED, lambda_nn=0.05).fit(small("on_off"))
    assert 0 < fit.optimality <= 1e-9
    assert fit.steps > 0


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("design", ["block", "staggered", "on_off"])
def test_known_effects_are_found(design: str, pooled: bool) -> None:
    panel = small(design, factors=0.0)
    found = att(panel, DoublyWeighted(0.05, 0.1, 5.0, pooled=pooled).fit(panel))
    assert found == pytest.approx(EFFECT, abs=0.75)  # noise of ½: three standard errors


def test_the_order_of_units_and_the_measure_do_not_matter_to_factors() -> None:
    panel = small("staggered")
    order = np.random.default_rng(5).permutation(len(panel.units))
    mixed = Panel(
        panel.outcome[order], panel.treatment[order], tuple(panel.units[i] for i in order),
        panel.periods,
    )  # fmt: skip
    scaled = replace(panel, outcome=panel.outcome * 1e9)
    expected = att(panel, WEIGHTED.fit(panel))
    assert att(mixed, WEIGHTED.fit(mixed)) == pytest.approx(expected, rel=1e-8)
    assert att(scaled, WEIGHTED.fit(scaled)) == pytest.approx(expected * 1e9, rel=1e-8)


def test_placebos_of_pooled_fits_answer_too() -> None:
    panel = small("block")
    found = evaluate(panel, replace(WEIGHTED, pooled=True), GivenPeriodVariance(), placebos=20)
    assert np.isfinite(found.att)
    assert found.inferences
