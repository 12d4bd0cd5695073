"""Totals and percent lift: one interval of the att in other measures, and when there is none."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from estimators import VARIANCES, Inference, evaluate
from estimators.variance.impact import impact
from tests.estimators.catalogue import quick
from tests.estimators.panels import ANSWER_ON_OFF, DESIGNS, small, with_outcome


def interval(low: float, high: float, level: float = 0.95) -> Inference:
    return Inference("given_both", level, low, high, 0.5, 30, "by hand")


@settings(max_examples=200, derandomize=True)
@given(
    effect=st.floats(-50, 50),
    below=st.floats(0, 50),
    above=st.floats(0, 50),
    observed=st.floats(0.1, 200),
    cells=st.integers(1, 500),
)
def test_the_lift_has_an_interval_that_excludes_zero_exactly_when_that_of_the_effect_does(
    effect: float, below: float, above: float, observed: float, cells: int
) -> None:
    low, high = effect - below, effect + above
    found = impact(interval(low, high), effect, observed, cells)
    assert (found.kind, found.level) == ("given_both", 0.95)
    assert (found.total_low, found.total, found.total_high) == (
        cells * low, cells * effect, cells * high
    )  # fmt: skip
    if high >= observed:
        assert found.lift is found.lift_low is found.lift_high is None
        return
    assert found.lift is not None
    assert found.lift_low is not None
    assert found.lift_high is not None
    assert -1 <= found.lift_low <= found.lift <= found.lift_high
    assert (np.sign(found.lift_low), np.sign(found.lift_high)) == (np.sign(low), np.sign(high))
    assert found.lift == pytest.approx(observed / (observed - effect) - 1, abs=1e-9, rel=1e-6)


@settings(max_examples=100, derandomize=True)
@given(low=st.floats(-40, 40), width=st.floats(1e-3, 40), by=st.floats(0, 10))
def test_a_wider_interval_of_the_effect_never_gives_a_narrower_one_of_the_lift(
    low: float, width: float, by: float
) -> None:
    effect, observed = low + width / 2, 100.0
    assume(low + width + by < observed)
    narrow = impact(interval(low, low + width), effect, observed, 3)
    wide = impact(interval(low - by, low + width + by), effect, observed, 3)
    assert narrow.lift_low is not None
    assert narrow.lift_high is not None
    assert wide.lift_low is not None
    assert wide.lift_high is not None
    assert wide.lift_low <= narrow.lift_low <= narrow.lift_high <= wide.lift_high


def test_the_lift_covers_as_often_as_the_effect_because_it_is_the_same_statement() -> None:
    """True counterfactual 20, effect 5; the estimate errs by normal noise of standard deviation 4.

    Dividing the interval's ends by the estimated counterfactual, as is often done, is not.
    """
    rng = np.random.default_rng(4)
    true, draws, hits, effect_hits, naive = 5 / 20, 4000, 0, 0, 0
    for error in rng.normal(0, 4, draws):
        effect, half = 5 + error, 1.959964 * 4
        found = impact(interval(effect - half, effect + half), effect, 25.0, 1)
        effect_hits += abs(error) <= half
        base = 25 - effect
        naive += (effect - half) / base <= true <= (effect + half) / base
        if found.lift_low is None or found.lift_high is None:
            assert effect + half >= 25  # its interval has no upper end: the effect's covers or not
            hits += abs(error) <= half
            continue
        hits += found.lift_low <= true <= found.lift_high
    assert hits == effect_hits
    assert abs(hits / draws - 0.95) < 0.012
    assert abs(naive / draws - 0.95) > 0.012


def test_a_counterfactual_that_may_be_zero_has_no_percentage_and_the_reason_names_the_numbers() -> (
    None
):
    found = impact(interval(1.0, 40.0), 20.0, 39.5, 4)
    assert found.lift is found.lift_low is found.lift_high is None
    assert found.reason is not None
    assert "95 % interval of the effect reaches 40" in found.reason
    assert "average 39.5" in found.reason
    assert found.total == 80.0


@pytest.mark.parametrize("observed", [0.0, -3.0])
def test_an_outcome_that_is_not_above_zero_on_average_has_no_percentage(observed: float) -> None:
    found = impact(interval(-9.0, -5.0), -7.0, observed, 4)
    assert found.lift is None
    assert found.reason is not None
    assert "above zero on average" in found.reason


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("key", ANSWER_ON_OFF)
def test_every_answered_row_has_its_total_and_its_percentage_from_its_own_interval(
    design: str, key: str
) -> None:
    """In no design may point, interval and p-value of a row and its restatement disagree."""
    panel = small(design)
    panel = with_outcome(panel, panel.outcome + 30)
    found = evaluate(panel, quick(key), VARIANCES.values(), level=0.9, placebos=20)
    rows = [one for one in found.inferences if isinstance(one, Inference)]
    assert rows
    cells = int(panel.treatment.sum())
    observed = float(panel.outcome[panel.treatment].mean())
    for row, one in zip(rows, found.impacts, strict=True):
        assert (one.kind, one.level) == (row.kind, row.level)
        assert (one.total_low, one.total_high) == (cells * row.ci_low, cells * row.ci_high)
        assert one.total == cells * found.att
        assert one.lift_low is not None
        assert one.lift_high is not None
        assert (row.p_value < 0.1) == (one.lift_low > 0 or one.lift_high < 0)
        assert one.lift == pytest.approx(found.att / (observed - found.att))


def test_a_total_counts_the_treated_cells_that_were_observed() -> None:
    panel = small("block")
    outcome = panel.outcome + 30
    outcome[0, -1] = np.nan
    found = evaluate(with_outcome(panel, outcome), quick("did"), VARIANCES["marginal"], placebos=20)
    assert int(panel.treatment.sum()) == 6
    assert found.impacts[0].total == pytest.approx(5 * found.att)


def test_without_inference_nothing_is_restated() -> None:
    assert evaluate(small("block"), quick("did")).impacts == ()
