"""Lots are drawn over labels: where a unit happens to stand in a panel changes nothing."""

from dataclasses import asdict, is_dataclass
from datetime import date
from functools import cache

import numpy as np
import pytest

from estimators import VARIANCES, Estimate, Estimator, Inference, Refusal, att, evaluate
from estimators.core.draws import by_label, cells_by_label
from estimators.demeaned_synthetic_control import DemeanedSyntheticControl
from estimators.doubly_weighted import DoublyWeighted
from estimators.matrix_completion import MatrixCompletion
from tests.estimators.catalogue import PAIRS, quick
from tests.estimators.panels import permuted, small

FEWER = 25  # draws than there are placements
MIXED = np.random.default_rng(5).permutation(10)
OPTIONS: dict[str, Estimator] = {
    "independent cells": MatrixCompletion(cross_validation="independent", penalties=10),
    "donors in turn": DemeanedSyntheticControl(regularize="elastic_net", folds=5),
    "pooled": DoublyWeighted(pooled=True, folds=4),
    "three λ that matter": DoublyWeighted(0.1, 0.5, 2.0, scale=3.0),
}


@cache
def answer(name: str, design: str, *, mixed: bool) -> Estimate:
    """Everything anew, tuning included."""
    panel = permuted(small(design), units=MIXED) if mixed else small(design)
    return evaluate(panel, quick(name, design), VARIANCES.values(), placebos=FEWER)


def same_settings(one: Estimator, other: Estimator) -> bool:
    """Whether fields that say how to compute are the same; numbers to nine digits."""
    assert is_dataclass(one)
    assert is_dataclass(other)
    there, here = asdict(one), asdict(other)
    for fields in (there, here):  # what tuning tried, and where placebos begin
        fields.pop("tuning", None)
        assert fields.pop("base", None) is None
    return here == {
        key: pytest.approx(value, rel=1e-9) if isinstance(value, float | tuple) else value
        for key, value in there.items()
    }


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_the_order_of_units_changes_neither_settings_nor_effect(name: str, design: str) -> None:
    there, here = (answer(name, design, mixed=mixed) for mixed in (False, True))
    assert same_settings(there.estimator, here.estimator)
    assert here.att == pytest.approx(there.att, abs=1e-8)


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_the_order_of_units_changes_no_inference_of_any_kind(name: str, design: str) -> None:
    there, here = (answer(name, design, mixed=mixed).inferences for mixed in (False, True))
    for one, other in zip(there, here, strict=True):
        if isinstance(one, Refusal):
            assert other == one
            continue
        assert isinstance(other, Inference)
        assert [other.ci_low, other.ci_high, other.p_value, other.standard_error or 0.0] == (
            pytest.approx(
                [one.ci_low, one.ci_high, one.p_value, one.standard_error or 0.0], rel=1e-6
            )
        )
        assert other.construction == one.construction


@pytest.mark.parametrize("option", OPTIONS)
def test_the_order_of_units_changes_nothing_that_options_draw(option: str) -> None:
    panel, estimator = small("staggered"), OPTIONS[option]
    mixed = permuted(panel, units=MIXED)
    there, here = estimator.tune(panel), estimator.tune(mixed)
    assert same_settings(there, here)
    assert att(mixed, here.fit(mixed)) == pytest.approx(att(panel, there.fit(panel)), abs=1e-8)


@pytest.mark.parametrize(
    ("labels", "ordered"),
    [
        (("b", "a10", "a9"), ("a10", "a9", "b")),
        (("9", "10", "2"), ("2", "9", "10")),
        (("b", "10", "2"), ("10", "2", "b")),
        ((9, 10, 2.5), (2.5, 9, 10)),
        ((date(2024, 3, 1), date(2023, 4, 1)), (date(2023, 4, 1), date(2024, 3, 1))),
        (("b", 2, 10, ("a", 1)), (10, 2, "b", ("a", 1))),
    ],
)
def test_labels_have_one_order_whatever_their_types(
    labels: tuple[object, ...], ordered: tuple[object, ...]
) -> None:
    for turned in (labels, labels[::-1]):
        assert tuple(turned[i] for i in by_label(turned)) == ordered


def test_cells_come_unit_by_unit_each_in_time() -> None:
    cells = np.array([[True, False, True], [False, False, False], [False, True, True]])
    assert cells_by_label(cells, ("c", "b", "a")).tolist() == [[2, 1], [2, 2], [0, 0], [0, 2]]
