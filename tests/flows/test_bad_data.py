"""Data that no estimator should see: each stops the run with one clear reason."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from checks.errors import ChecksFailed
from flows.analyze import analyze
from tests.flows import shop


def with_a_doubled_cell(data: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([data, data.iloc[[17]]])


def with_a_gap_in_the_weeks(data: pd.DataFrame) -> pd.DataFrame:
    return data[data.week != 5]


def with_treatment_two(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(promo=2 * data.promo)


def without_any_treatment(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(promo=0.0)


def without_a_control(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(promo=(data.week >= shop.FIRST).astype(float))


def with_two_weeks_before(data: pd.DataFrame) -> pd.DataFrame:
    return data[data.week >= shop.FIRST - 2]


def with_one_store(data: pd.DataFrame) -> pd.DataFrame:
    return data[data.store == "store 0"]


def with_a_constant_outcome(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(units=7.0)


def with_nan(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(units=["NaN" if i == 40 else u for i, u in enumerate(data.units)])


def with_infinity(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(units=["Infinity" if i == 40 else u for i, u in enumerate(data.units)])


def with_a_treated_store_that_vanishes(data: pd.DataFrame) -> pd.DataFrame:
    gone = (data.store == "store 0") & (data.week >= shop.FIRST)
    return data.assign(units=data.units.where(~gone, np.nan))


CASES: list[tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = [
    (with_a_doubled_cell, "store 1.*4"),
    (with_a_gap_in_the_weeks, "5"),
    (with_treatment_two, "2"),
    (without_any_treatment, "treated"),
    (without_a_control, "control|donor|untreated"),
    (with_two_weeks_before, "2"),
    (with_one_store, "unit|donor|control"),
    (with_a_constant_outcome, "outcome"),
    (with_nan, "store 2.*13"),
    (with_infinity, "store 2.*13"),
    (with_a_treated_store_that_vanishes, "store 0"),
]


@pytest.mark.parametrize(("spoil", "names"), CASES, ids=[case[0].__name__ for case in CASES])
def test_the_run_stops_and_says_where(
    ledger_url: str, spoil: Callable[[pd.DataFrame], pd.DataFrame], names: str
) -> None:
    shop.fill(ledger_url, spoil(shop.sales()))
    with pytest.raises(ChecksFailed, match=names) as stopped:
        analyze(shop.ask(ledger_url))
    for line in stopped.value.lines:
        assert "\n" not in line
        assert ": " in line
    assert set(shop.counts(ledger_url).values()) == {0}
