"""What is counted on a panel, against counting by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from checks.facts import BoolArray, FloatArray, classify
from checks.outcomes import longest_run, robust_z


@pytest.mark.parametrize(
    ("treatment", "pattern"),
    [
        (["0000", "0000"], None),
        (["0011", "0000"], "block"),
        (["0011", "0011"], "block"),
        (["1111", "0000"], "block"),
        (["0011", "0001"], "staggered"),
        (["0010", "0000"], "block"),
        (["0011", "0110"], "on_off"),
        (["0101", "0000"], "on_off"),
    ],
)
def test_a_pattern_is_told_by_who_starts_when_and_who_stops(
    treatment: list[str], pattern: str | None
) -> None:
    assert classify(np.array([[cell == "1" for cell in unit] for unit in treatment])) == pattern


@given(arrays(bool, (3, 12)))
def test_the_longest_run_is_the_longest_string_of_ones(hit: BoolArray) -> None:
    words = ["".join("1" if cell else "0" for cell in row) for row in hit]
    assert longest_run(hit).tolist() == [max(map(len, word.split("0"))) for word in words]


@given(
    arrays(
        np.float64,
        (4, 9),
        elements=st.one_of(st.just(np.nan), st.floats(-1e6, 1e6).map(lambda x: round(x, 3))),
    )
)
def test_a_robust_z_is_the_distance_from_the_median_in_robust_deviations(
    values: FloatArray,
) -> None:
    z = robust_z(values)
    assert (np.isnan(z) == np.isnan(values)).all()
    for row, found in zip(values, z, strict=True):
        known = row[~np.isnan(row)]
        if not len(known):
            continue
        distance = np.abs(known - np.median(known))
        deviation = 1.4826 * np.median(distance) or 1.2533 * distance.mean() or 1.0
        np.testing.assert_allclose(found[~np.isnan(row)], distance / deviation, rtol=1e-9)
