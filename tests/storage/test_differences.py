"""Two answers compared: every number counted, every difference named, and judged by its scale."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from estimators.core.fit import Refusal, Weights
from storage import results
from storage.answers import digest, stored
from storage.differences import CLOSE, Comparison, compare, compare_values
from storage.records import StoredEstimate, StoredResult
from tests.storage.answers import analysis


@pytest.fixture
def result(session: Session) -> StoredResult:
    """An answer as it was read back."""
    results.save(session, analysis(session))
    return results.load(session, "display")


def against(result: StoredResult, **changes: Any) -> Comparison:
    """The answer compared with itself, its first estimate changed."""
    first, *others = result.estimates
    return compare(result.estimates, [replace(first, **changes), *others], result.panel)


def wheres(found: Comparison) -> list[str]:
    return [one.where for one in found.differences]


def test_what_was_read_back_is_what_was_computed(session: Session, result: StoredResult) -> None:
    again = [stored(key, answer) for key, answer in analysis(session).answers.items()]
    found = compare(result.estimates, again, result.panel)
    assert found.differences == ()
    assert found.largest is None
    # two answered estimates with a matrix of 24 and weights of 4, 6 and 4; the rest are in words
    assert found.numbers > 2 * (24 + 14)
    assert digest(again) == digest(result.estimates)


def test_each_kind_of_number_is_found_where_it_is(result: StoredResult) -> None:
    did = result.estimates[0]
    fitted = np.array(did.counterfactual)
    fitted[2, 3] = np.nextafter(fitted[2, 3], np.inf)
    assert wheres(against(result, counterfactual=fitted)) == [
        "did / counterfactual / store 2 / 2004"
    ]
    weights = np.array(did.weights[0].units)
    weights[1] *= 1 + 1e-6
    moved = (replace(did.weights[0], units=weights), *did.weights[1:])
    (found,) = against(result, weights=moved).differences
    assert found.where == "did / weights / treated from 2005 / units / store 1"
    assert found.relative == pytest.approx(1e-6, rel=1e-5)
    assert found.far
    wider = (replace(did.variances[0], ci_low=-0.8), *did.variances[1:])
    assert wheres(against(result, variances=wider)) == ["did / variances / marginal / ci_low"]
    period = tuple({**row, "effect": 0.2} for row in did.by_period)
    assert wheres(against(result, by_period=period)) == ["did / by_period / 2005 / effect"]
    assert wheres(against(result, diagnostics={**did.diagnostics, "pre": {"rmspe": 1.0}})) == [
        "did / diagnostics / pre / rmspe"
    ]


def test_the_sign_of_zero_is_a_bit_too_and_nan_is_like_nan(result: StoredResult) -> None:
    did = result.estimates[0]
    assert did.counterfactual is not None
    fitted = np.array(did.counterfactual)
    assert np.isnan(fitted[0]).all()
    assert np.signbit(fitted[1, 0])
    fitted[1, 0] = 0.0
    (found,) = against(result, counterfactual=fitted).differences
    assert (found.relative, found.far) == (0.0, False)


def test_a_number_beside_none_is_far_and_other_words_are_not(result: StoredResult) -> None:
    did = result.estimates[0]
    fitted = np.array(did.counterfactual)
    fitted[2, 3] = np.nan
    (gone,) = against(result, counterfactual=fitted).differences
    assert (gone.relative, gone.far) == (None, True)
    said = (replace(did.variances[0], construction="in other words"), *did.variances[1:])
    (words,) = against(result, variances=said).differences
    assert (words.relative, words.far) == (None, False)


def test_an_estimate_that_is_refused_or_missing_is_far(result: StoredResult) -> None:
    refused = stored("did", Refusal("did", "now it refuses"))
    found = compare(result.estimates, [refused, *result.estimates[1:]], result.panel)
    assert any(one.far for one in found.differences)
    assert "did / status" in wheres(found)
    missing = compare(result.estimates, result.estimates[1:], result.panel)
    assert wheres(missing) == ["did"]


def test_a_group_of_weights_that_is_gone_is_named(result: StoredResult) -> None:
    left = result.estimates[0].weights[1:]
    assert wheres(against(result, weights=left)) == [
        "did / weights / treated from 2005 / units", "did / weights / treated from 2005 / periods"
    ]  # fmt: skip
    other = (Weights("treated from 2005", np.zeros(3)), *left)
    assert "did / weights / treated from 2005 / units" in wheres(against(result, weights=other))


def test_the_largest_difference_comes_first_and_words_last(result: StoredResult) -> None:
    did: StoredEstimate = result.estimates[0]
    variance = replace(did.variances[0], ci_high=0.1000001, p_value=0.25, construction="other")
    found = against(result, variances=(variance, *did.variances[1:]))
    assert [where.split(" / ")[-1] for where in wheres(found)] == [
        "p_value", "ci_high", "construction"
    ]  # fmt: skip
    assert found.largest == 0.5


@pytest.mark.parametrize(
    ("where", "size", "before", "after", "far"),
    [
        ("did / att", 1e3, 0.01, 0.01 + 5e-10, False),  # judged by a ten-thousandth of 1000
        ("did / att", 1e3, 0.01, 0.01 + 5e-9, True),
        ("did / att", 1e3, 100.0, 100.0 + 5e-7, False),  # by itself: it is larger than that
        ("did / att", 1e3, 100.0, 100.0 + 5e-6, True),
        ("did / att", 0.0, 0.01, 0.01 + 5e-10, True),
        ("did / att", 1e3, 1e-13, -1e-13, False),  # an effect of nothing but last bits
        ("did / p_value", 1e3, 0.04, 0.0400001, True),  # never judged by the outcome
        ("did / weights / units", 1e3, 0.0, 1e-13, False),
        ("did / settings / zeta", 1e3, 1e-12, 2e-12, True),  # nobody knows its scale
    ],
)
def test_a_number_is_judged_by_its_own_size_or_by_its_scale(
    where: str, size: float, before: float, after: float, far: bool
) -> None:
    (found,) = compare_values(where, before, after, size).differences
    assert found.far == far
    assert CLOSE == 1e-8
