"""Data have arrived when every unit has its row, and says what it knows."""

import pandas as pd
import pytest

from checks.arrival import missing


@pytest.fixture
def rows() -> pd.DataFrame:
    units = [f"store {i}" for i in range(20)]
    grid = pd.MultiIndex.from_product([units, [1, 2, 3]], names=["unit", "period"])
    return grid.to_frame(index=False).assign(outcome=1.0, treatment=0.0, observed=True)


def test_a_whole_panel_lacks_nothing(rows: pd.DataFrame) -> None:
    assert not missing(rows, [2, 3], 0.95)


def test_a_unit_without_its_row_is_named(rows: pd.DataFrame) -> None:
    late = rows[~((rows.unit == "store 7") & (rows.period == 3))]
    found = missing(late, [2, 3], 0.95)
    assert found.cells == {"3": ("store 7",)}
    assert found.text == "3: 1 of 20 units (store 7)"


def test_a_period_that_nobody_has_is_missing_for_all(rows: pd.DataFrame) -> None:
    found = missing(rows, [3, 4], 0.95)
    assert found.text == "4: all units"
    assert len(found.cells["4"]) == 20


def test_an_empty_outcome_is_known_to_be_missing_but_an_empty_period_has_not_arrived(
    rows: pd.DataFrame,
) -> None:
    one = (rows.period == 3) & (rows.unit == "store 1")
    assert not missing(rows.assign(observed=~one), [3], 0.95)
    two = one | ((rows.period == 3) & (rows.unit == "store 2"))
    found = missing(rows.assign(observed=~two), [3], 0.95)
    assert found.cells == {"3": ("store 1", "store 2")}


def test_many_are_counted_and_a_few_named(rows: pd.DataFrame) -> None:
    late = rows[(rows.period < 3) | (rows.unit == "store 0")]
    assert (
        missing(late, [3], 0.95).text
        == "3: 19 of 20 units (store 1, store 10, store 11 and 16 more)"
    )
    assert missing(rows, range(3, 9), 0.95).text.endswith("; and 2 more periods")
