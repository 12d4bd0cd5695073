"""The contract of every estimator: it finds what is there, and nothing where nothing is."""

import numpy as np
import pytest

from estimators import ESTIMATORS, Panel, att
from tests.estimators.catalogue import NAMES, PAIRS, quick, tuned
from tests.estimators.panels import (
    DESIGNS,
    EFFECT,
    additive,
    labelled,
    small,
    treated_as,
    with_outcome,
)


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_an_effect_without_noise_is_recovered(name: str, design: str) -> None:
    treatment = treated_as(design)
    panel = labelled(additive(10, 16) + EFFECT * treatment, treatment)
    fit = quick(name, design).fit(panel)
    assert att(panel, fit) == pytest.approx(EFFECT, abs=1e-9)
    if name != "sc":  # which gives a cohort's units one path, right on average
        gaps = (panel.outcome - fit.counterfactual)[treatment]
        np.testing.assert_allclose(gaps, EFFECT, atol=1e-8)


@pytest.mark.parametrize(("name", "design"), PAIRS)
@pytest.mark.parametrize("level", [0.0, 7.0])
def test_nothing_is_found_where_nothing_moves(name: str, design: str, level: float) -> None:
    treatment = treated_as(design)
    panel = labelled(np.full(treatment.shape, level), treatment)
    assert att(panel, quick(name, design).fit(panel)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_an_effect_that_differs_by_cell_is_averaged_over_cells(name: str, design: str) -> None:
    treatment = treated_as(design)
    effects = np.where(treatment, np.random.default_rng(4).normal(1, 2, treatment.shape), 0.0)
    panel = labelled(additive(10, 16) + effects, treatment)
    assert att(panel, quick(name, design).fit(panel)) == pytest.approx(
        effects[treatment].mean(), abs=1e-8
    )


@pytest.mark.parametrize("name", NAMES)
def test_placebo_panels_without_effect_average_to_nothing(name: str) -> None:
    """Additive panels with noise ½: 30 of them put the mean within 4 · ½ / √30 of zero."""
    found = []
    treatment = treated_as("block")
    plain = additive(10, 16, seed=1)
    estimator = tuned(name, "block")
    for seed in range(30):
        noise = np.random.default_rng(seed).normal(0, 0.5, treatment.shape)
        panel = labelled(plain + noise, treatment)
        found.append(att(panel, estimator.fit(panel)))
    assert abs(np.mean(found)) < 4 * 0.5 / np.sqrt(30)


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_treated_outcomes_never_reach_a_counterfactual(name: str, design: str) -> None:
    """Neither their values nor whether they are known; this catches the masking bug."""
    panel = small(design)
    treated = panel.treatment
    fit = quick(name, design).fit(panel)
    rng = np.random.default_rng(9)
    absurd = np.where(treated, rng.normal(0, 1e6, treated.shape), panel.outcome)
    unknown = np.where(treated, np.nan, panel.outcome)
    partly = np.where(treated & (rng.random(treated.shape) < 0.5), np.nan, absurd)
    for outcome in (unknown, partly):
        again = quick(name, design).fit(with_outcome(panel, outcome))
        np.testing.assert_allclose(
            again.counterfactual[treated], fit.counterfactual[treated], rtol=0, atol=1e-7
        )
        assert att(panel, again) == pytest.approx(att(panel, fit), abs=1e-7)


@pytest.mark.parametrize("name", ["sc", "difp", "sdid"])
def test_what_happens_after_treatment_ends_does_not_reach_single_run_methods(name: str) -> None:
    panel = small("block")
    treatment = panel.treatment.copy()
    treatment[:, -1] = False
    ended = Panel(panel.outcome, treatment, panel.units, panel.periods)
    outcome = panel.outcome.copy()
    outcome[panel.treated_units, -1] += 100
    fit, again = (tuned(name, "block").fit(p) for p in (ended, with_outcome(ended, outcome)))
    np.testing.assert_array_equal(fit.counterfactual, again.counterfactual)


@pytest.mark.parametrize("design", DESIGNS)
def test_every_treated_cell_has_a_finite_counterfactual(design: str) -> None:
    panel = small(design)
    for name, kind in PAIRS:
        if kind == design:
            found = tuned(name, design).fit(panel)
            assert np.isfinite(found.counterfactual[panel.treatment]).all()
            assert found.counterfactual.shape == panel.outcome.shape
            assert 0 <= found.optimality <= 1e-9


def test_the_catalogue_names_its_six_estimators_in_order() -> None:
    assert list(ESTIMATORS) == ["did", "sc", "difp", "mc", "sdid", "dwcp"]
    assert all(name == estimator.name for name, estimator in ESTIMATORS.items())
