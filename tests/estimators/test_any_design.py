"""Promises on whatever design comes: random small panels, some cells missing, some units treated.

An estimator answers, and then the same to rounding in any order of units and in any measure, and
whatever the treated outcomes are; or it refuses in one line. There is no third thing.
"""

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from threadpoolctl import threadpool_limits

from estimators import Estimator, Fit, Panel, UnsupportedDesign, att
from estimators.core.panel import BoolArray, IntArray
from estimators.demeaned_synthetic_control import DemeanedSyntheticControl
from estimators.difference_in_differences import DifferenceInDifferences
from estimators.doubly_weighted import DoublyWeighted
from estimators.matrix_completion import MatrixCompletion
from estimators.synthetic_control import SyntheticControl
from estimators.synthetic_did import SyntheticDifferenceInDifferences
from tests.estimators.catalogue import NAMES
from tests.estimators.panels import labelled, noisy, permuted, with_outcome

UNITS, PERIODS = 7, 8
quickly = settings(
    max_examples=25,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much],
)


def method(name: str, scale: float = 1.0) -> Estimator:
    """Settings that all matter; λ_nn of mc is in the outcome's measure, those of dwcp are not."""
    methods: dict[str, Estimator] = {
        "did": DifferenceInDifferences(),
        "sc": SyntheticControl(),
        "difp": DemeanedSyntheticControl(),
        "mc": MatrixCompletion(lambda_nn=4.0 * scale),
        "sdid": SyntheticDifferenceInDifferences(),
        "dwcp": DoublyWeighted(0.2, 0.5, 1.0, show_untreated=False),
    }
    return methods[name]


@st.composite
def panels(draw: st.DrawFn) -> Panel:
    """Runs of treatment or cells anywhere; at most a few outcomes missing; values on a grid.

    Multiples of 2⁻¹⁰ lose nothing when 10⁹ is added to them.
    """
    if draw(st.booleans()):
        starts = draw(st.lists(st.integers(3, PERIODS), min_size=4, max_size=4))
        treatment = np.zeros((UNITS, PERIODS), dtype=bool)
        for unit, start in enumerate(starts):
            treatment[unit, start:] = True
    else:
        cells = arrays(np.bool_, (UNITS, PERIODS), elements=st.sampled_from([True] + [False] * 3))
        treatment = draw(cells)
    assume(treatment.any())
    outcome = np.round(noisy(UNITS, PERIODS, seed=draw(st.integers(0, 9))) * 1024) / 1024
    for i, t in draw(st.lists(CELL, max_size=3)):
        outcome[i, t] = np.nan
    return labelled(outcome, treatment)


CELL = st.tuples(st.integers(0, UNITS - 1), st.integers(0, PERIODS - 1))


def answered(estimator: Estimator, panel: Panel) -> Fit | None:
    """The fit, or None for a refusal, which is one line that names the method or a cell."""
    try:
        fit = estimator.fit(panel)
        assert np.isfinite(att(panel, fit))
    except UnsupportedDesign as refusal:
        text = str(refusal)
        assert text.strip()
        assert "\n" not in text
        assert re.search(rf"\b{estimator.name}\b|treated cell", text)
        return None
    return fit


@pytest.mark.parametrize("name", NAMES)
@quickly
@given(panel=panels(), seed=st.integers(0, 99))
def test_the_order_of_units_is_nothing(name: str, panel: Panel, seed: int) -> None:
    fit = answered(method(name), panel)
    order: IntArray = np.random.default_rng(seed).permutation(UNITS)
    again = answered(method(name), permuted(panel, units=order))
    assert (fit is None) == (again is None)
    if fit is not None and again is not None:
        cells = asked(panel)
        back = again.counterfactual[np.argsort(order)]
        np.testing.assert_allclose(back[cells], fit.counterfactual[cells], rtol=0, atol=2e-5)


@pytest.mark.parametrize("name", NAMES)
@quickly
@given(panel=panels(), measure=st.sampled_from([(1e-6, 0.0), (1e9, 0.0), (1.0, 1e9)]))
def test_the_measure_is_nothing(name: str, panel: Panel, measure: tuple[float, float]) -> None:
    scale, offset = measure
    fit = answered(method(name), panel)
    moved = with_outcome(panel, panel.outcome * scale + offset)
    again = answered(method(name, scale), moved)
    assert (fit is None) == (again is None)
    if fit is not None and again is not None:
        cells = asked(panel)
        expected = fit.counterfactual[cells] * scale + offset
        size = scale * float(np.nanstd(panel.outcome))
        rounding = 2.0**-22 if offset else 0.0
        np.testing.assert_allclose(
            again.counterfactual[cells], expected, rtol=0, atol=DIGITS[name] * size + rounding
        )


# Of dwcp fewer: a duality gap of 10⁻⁹ of the loss does not settle the eighth digit.
DIGITS = {"did": 1e-8, "sc": 1e-8, "difp": 1e-8, "sdid": 1e-8, "mc": 1e-8, "dwcp": 2e-5}


@pytest.mark.parametrize(
    ("name", "units", "periods"),
    [
        ("sc", 30, 8),
        ("difp", 30, 8),
        ("sdid", 4, 12),
    ],
)
@pytest.mark.parametrize("scale", [1e-6, 1.1, 1e9])
def test_rounding_does_not_choose_among_weights_that_fit_exactly(
    name: str, units: int, periods: int, scale: float
) -> None:
    """More donors than periods, or periods than donors: many weights reproduce the target."""
    treatment = np.zeros((units, periods), dtype=bool)
    treatment[0, -3:] = True
    for seed in range(12):
        panel = labelled(noisy(units, periods, seed=seed), treatment)
        fit = method(name).fit(panel).counterfactual[0, -3:]
        moved = with_outcome(panel, panel.outcome * scale)
        again = method(name).fit(moved).counterfactual[0, -3:]
        np.testing.assert_allclose(again / scale, fit, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
@quickly
@given(panel=panels())
def test_treated_outcomes_are_nothing(name: str, panel: Panel) -> None:
    """They are replaced by absurd ones; whether they are there is left as it is."""
    fit = answered(method(name), panel)
    absurd = np.where(panel.treatment, -1e6 * panel.outcome, panel.outcome)
    again = answered(method(name), with_outcome(panel, absurd))
    assert (fit is None) == (again is None)
    if fit is not None and again is not None:
        cells = asked(panel)
        np.testing.assert_array_equal(again.counterfactual[cells], fit.counterfactual[cells])


def asked(panel: Panel) -> BoolArray:
    return np.asarray(panel.treatment & panel.observed)


@pytest.mark.parametrize("name", NAMES)
def test_threads_of_linear_algebra_do_not_change_a_bit(name: str) -> None:
    """On a panel large enough for them to be used, were they not held to one."""
    treatment = np.zeros((150, 120), dtype=bool)
    treatment[:3, 110:] = treatment[3:5, 115:] = True
    panel = labelled(noisy(150, 120), treatment)
    estimator = DoublyWeighted(0.0, 0.5, 20.0) if name == "dwcp" else method(name, 25.0)
    found = []
    for threads in (1, 2, 4):
        with threadpool_limits(threads):
            found.append(estimator.fit(panel).counterfactual.tobytes())
    assert found[0] == found[1] == found[2]
