"""Promises that every kind of inference beside placebo variances keeps, whatever the estimator."""

from functools import cache

import numpy as np
import pytest

from estimators import STANDARD_VARIANCES, VARIANCES, Estimate, Inference, Refusal, evaluate
from estimators.core.panel import FloatArray
from tests.estimators.catalogue import quick
from tests.estimators.panels import labelled, noisy, treated_as

OTHERS = [kind for kind in VARIANCES.values() if kind.kind not in STANDARD_VARIANCES]
NAMES = ("did", "sc", "difp", "mc", "sdid")
UNITS, PERIODS = 23, 22
CLOSE = 1e-3  # of an interval's length: conformal ends are found, not computed


@cache
def said(name: str, treated: int, effect: float = 0.0, factor: float = 1.0) -> Estimate:
    treatment = treated_as("block", UNITS, PERIODS, treated=treated)
    outcome = noisy(UNITS, PERIODS, seed=4, factors=0.1) + effect * treatment
    estimator = quick(name).tune(labelled(factor * outcome, treatment))
    return evaluate(labelled(factor * outcome, treatment), estimator, OTHERS, placebos=40)


def by_kind(estimate: Estimate) -> dict[str, Inference]:
    return {one.kind: one for one in estimate.inferences if isinstance(one, Inference)}


def ends(one: Inference) -> FloatArray:
    return np.array([one.ci_low, one.ci_high])


@pytest.mark.parametrize("treated", [1, 3])
@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_one_procedure_or_a_refusal_in_one_line(name: str, treated: int) -> None:
    estimate = said(name, treated)
    for kind, one in zip(OTHERS, estimate.inferences, strict=True):
        if isinstance(one, Refusal):
            assert one.key == kind.kind
            assert "\n" not in one.reason
            continue
        assert one.kind == kind.kind
        assert one.ci_low < estimate.att < one.ci_high
        assert (one.p_value <= 0.05 + 1e-12) == (one.ci_low > 0 or one.ci_high < 0)
        assert one.placebos >= 19
        assert one.construction
        assert (one.standard_error is None) == (one.variance is None) == (one.df is None)
    assert len(by_kind(estimate)) >= 2


@pytest.mark.parametrize("treated", [1, 3])
@pytest.mark.parametrize("name", NAMES)
def test_an_effect_moves_every_interval_by_as_much_and_leaves_its_length(
    name: str, treated: int
) -> None:
    before, after = by_kind(said(name, treated)), by_kind(said(name, treated, effect=7.0))
    assert before.keys() == after.keys()
    for kind, one in before.items():
        length = one.ci_high - one.ci_low
        np.testing.assert_allclose(ends(after[kind]), ends(one) + 7.0, atol=CLOSE * length)


@pytest.mark.parametrize("name", NAMES)
def test_intervals_scale_with_the_outcome_and_p_values_do_not(name: str) -> None:
    for treated in (1, 3):
        one, eight = by_kind(said(name, treated)), by_kind(said(name, treated, factor=8.0))
        assert one.keys() == eight.keys()
        for kind, found in one.items():
            length = found.ci_high - found.ci_low
            np.testing.assert_allclose(ends(eight[kind]) / 8, ends(found), atol=CLOSE * length)
            assert eight[kind].p_value == pytest.approx(found.p_value, rel=1e-6)
