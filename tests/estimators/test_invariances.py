"""What may be added to a panel without moving the effect; every exception has its name.

unit levels a_i       move nothing but sc, and dwcp with λ_unit > 0 (its distances are levels)
common shocks b_t     move nothing but sdid, unless ζ is held, and dwcp, unless its scale is
a factor c            scales every effect, with settings retuned
"""

from dataclasses import replace

import numpy as np
import pytest

from estimators import Estimator, Panel, att
from estimators.doubly_weighted import DoublyWeighted
from estimators.synthetic_did import SyntheticDifferenceInDifferences
from tests.estimators.catalogue import PAIRS, quick, tuned
from tests.estimators.panels import permuted, small, treated_as, with_outcome
from tests.estimators.twins.least_squares import weighted_two_way_coefficient

FIXED = DoublyWeighted(0.1, 0.5, 2.0, scale=3.0)


def fixed(name: str, design: str) -> Estimator:
    """Tuned, but for the doubly weighted one, whose three λ are all set to matter."""
    return FIXED if name == "dwcp" else tuned(name, design)


def effect(estimator: Estimator, panel: Panel) -> float:
    return att(panel, estimator.fit(panel))


def lifted(panel: Panel) -> Panel:
    levels = np.random.default_rng(1).normal(0, 5, (len(panel.units), 1))
    return with_outcome(panel, panel.outcome + levels)


def shaken(panel: Panel) -> Panel:
    return with_outcome(
        panel, panel.outcome + np.random.default_rng(2).normal(0, 5, len(panel.periods))
    )


@pytest.mark.parametrize(("name", "design"), [p for p in PAIRS if p[0] not in ("sc", "dwcp")])
def test_unit_levels_move_nothing(name: str, design: str) -> None:
    panel, estimator = small(design), tuned(name, design)
    assert effect(estimator, lifted(panel)) == pytest.approx(effect(estimator, panel), abs=2e-5)


def test_unit_levels_move_sc_which_matches_levels() -> None:
    panel, estimator = small("block"), tuned("sc", "block")
    assert abs(effect(estimator, lifted(panel)) - effect(estimator, panel)) > 0.01


@pytest.mark.parametrize("design", ["block", "on_off"])
def test_unit_levels_move_dwcp_through_its_distances_and_only_through_them(design: str) -> None:
    panel, blind = small(design), replace(FIXED, lambda_unit=0.0)
    assert effect(blind, lifted(panel)) == pytest.approx(effect(blind, panel), abs=2e-5)
    assert abs(effect(FIXED, lifted(panel)) - effect(FIXED, panel)) > 1e-4


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_common_shocks_move_nothing_when_settings_are_held(name: str, design: str) -> None:
    panel, estimator = small(design), fixed(name, design)
    assert effect(estimator, shaken(panel)) == pytest.approx(effect(estimator, panel), abs=2e-5)


def test_common_shocks_move_sdid_when_its_shrinkage_is_measured_anew() -> None:
    panel = small("block")
    fresh = SyntheticDifferenceInDifferences()
    assert abs(effect(fresh, shaken(panel)) - effect(fresh, panel)) > 1e-3


def test_common_shocks_move_dwcp_when_its_scale_is_measured_anew() -> None:
    panel, fresh = small("block"), replace(FIXED, scale=None)
    assert abs(effect(fresh, shaken(panel)) - effect(fresh, panel)) > 1e-3


@pytest.mark.parametrize(("name", "design"), PAIRS)
@pytest.mark.parametrize("factor", [-0.5])
def test_a_factor_scales_the_effect_with_everything_retuned(
    name: str, design: str, factor: float
) -> None:
    panel = small(design)
    scaled = with_outcome(panel, factor * panel.outcome)
    expected = factor * effect(quick(name, design), panel)
    assert effect(quick(name, design), scaled) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("name", "design"), PAIRS)
@pytest.mark.parametrize(("scale", "offset"), [(1e-6, 0.0), (1e9, 0.0), (1.0, 1e9)])
def test_digits_survive_any_measure(name: str, design: str, scale: float, offset: float) -> None:
    """Outcomes are multiples of 2⁻¹⁰ so that adding 10⁹ to them loses nothing by itself."""
    panel = small(design)
    plain = with_outcome(panel, np.round(panel.outcome * 1024) / 1024)
    moved = with_outcome(plain, plain.outcome * scale + offset)
    estimator = quick(name, design)
    expected = effect(estimator, plain) * scale
    rounding = 2.0**-23 if offset else 0.0  # of one counterfactual near 10⁹
    assert effect(estimator, moved) == pytest.approx(expected, rel=1e-8, abs=rounding)


@pytest.mark.parametrize("name", ["did", "sc", "difp", "mc", "sdid"])
def test_the_order_of_earlier_periods_matters_to_none_that_ignores_time(name: str) -> None:
    """Of sdid this holds for a given ζ, which is measured on first differences."""
    panel, estimator = small("block"), tuned(name, "block")
    order = np.arange(len(panel.periods))
    before = int(panel.pre_periods.sum())
    order[:before] = np.random.default_rng(6).permutation(before)
    mixed = permuted(panel, periods=order)
    assert effect(estimator, mixed) == pytest.approx(effect(estimator, panel), abs=2e-5)


def test_the_order_of_earlier_periods_matters_to_dwcp_and_to_sdids_shrinkage() -> None:
    panel = small("block")
    order = np.arange(len(panel.periods))
    order[:12] = order[:12][::2].tolist() + order[:12][1::2].tolist()
    mixed = permuted(panel, periods=order)
    assert abs(effect(FIXED, mixed) - effect(FIXED, panel)) > 1e-3
    fresh = SyntheticDifferenceInDifferences()
    assert fresh.tune(mixed).zeta != pytest.approx(fresh.tune(panel).zeta, rel=1e-3)


def test_sdid_is_the_weighted_two_way_coefficient_with_weights_used_once() -> None:
    panel = small("block")
    fit = tuned("sdid", "block").fit(panel)
    units, periods = fit.weights[0].units, fit.weights[0].periods
    assert units is not None
    assert periods is not None
    treated, after = panel.treated_units, ~panel.pre_periods
    omega = np.where(treated, 1 / treated.sum(), units)
    lam = np.where(after, 1 / after.sum(), periods)
    coefficient = weighted_two_way_coefficient(panel.outcome, panel.treatment, omega[:, None] * lam)
    assert att(panel, fit) == pytest.approx(coefficient, abs=1e-8)


@pytest.mark.parametrize("name", ["sc", "difp", "sdid"])
def test_staggered_cohorts_are_separate_blocks_weighted_by_treated_cells(name: str) -> None:
    panel = small("staggered")
    estimator = quick(name)
    whole = effect(estimator, panel)
    controls = np.flatnonzero(panel.control_units)
    total = 0.0
    for unit in np.flatnonzero(panel.treated_units):
        alone = panel.select(np.append(controls, unit), np.arange(len(panel.periods)))
        total += effect(estimator, alone) * panel.treatment[unit].sum()
    assert whole == pytest.approx(total / panel.treatment.sum(), abs=1e-9)


@pytest.mark.parametrize("name", ["sc", "difp", "sdid"])
def test_a_block_that_ends_early_needs_no_later_period(name: str) -> None:
    treatment = treated_as("block")
    treatment[:, -1] = False
    panel = small("block")
    ended = Panel(panel.outcome, treatment, panel.units, panel.periods)
    cut = ended.select(np.arange(10), np.arange(15))
    assert effect(quick(name), ended) == pytest.approx(effect(quick(name), cut), abs=1e-9)
