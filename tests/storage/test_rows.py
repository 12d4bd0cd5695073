"""From rows to a panel: labels in order, cells in place, and nothing repaired in silence."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators.core.errors import InvalidPanel
from storage.errors import InvalidSource
from storage.labels import label_text, period_labels
from storage.panels import exclude, to_panel
from tests.storage.answers import rows


def test_a_panel_is_rectangular_whatever_rows_there_are() -> None:
    found = to_panel(rows().sample(frac=1, random_state=1))
    assert found.units == ("store 0", "store 1", "store 2", "store 3")
    assert found.periods == (2001, 2002, 2003, 2004, 2005, 2006)
    assert np.isnan(found.outcome[0, 1])  # not observed
    assert np.isnan(found.outcome[0, 2])  # no row
    assert np.isnan(found.outcome).sum() == 2
    assert np.argwhere(found.treatment).tolist() == [[1, 4], [1, 5]]


@pytest.mark.parametrize(
    ("labels", "ordered"),
    [
        ([10, 9, 11], (9, 10, 11)),
        (["2024-W10", "2024-W09"], ("2024-W09", "2024-W10")),
        (["2024-03-31", "2024-01-31", "2024-02-29"], ("2024-01-31", "2024-02-29", "2024-03-31")),
    ],
)
def test_periods_are_in_calendar_order(labels: list[object], ordered: tuple[object, ...]) -> None:
    frame = pd.DataFrame(
        {
            "unit": pd.Categorical(["A"] * len(labels)),
            "period": labels,
            "outcome": np.arange(len(labels), dtype=np.float64),
            "treatment": [1.0] + [0.0] * (len(labels) - 1),
            "observed": True,
        }
    )
    panel = to_panel(frame)
    assert panel.periods == ordered
    assert panel.outcome[0].tolist() == [labels.index(label) for label in ordered]


def test_a_donor_is_excluded_by_its_label_and_an_unknown_one_is_named() -> None:
    frame = rows()
    frame["unit"] = frame["unit"].cat.rename_categories(["1", "2", "3", "4"])
    left = exclude(frame, [3, 4.0])
    assert left["unit"].cat.categories.tolist() == ["1", "2"]
    assert to_panel(left).units == ("1", "2")
    assert exclude(frame, []) is frame
    with pytest.raises(InvalidSource, match=r"7, nine: to be excluded, but not in the panel.*1, 2"):
        exclude(frame, [7, "nine", 1])


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("treatment", 2.0, r"treatment is neither 0 nor 1 in 1 of 23 rows: \(store 0, 2001\)"),
        ("treatment", np.nan, "treatment is neither 0 nor 1"),
        ("outcome", np.nan, "outcome is not a number in 1 of 23 rows"),
        ("outcome", np.inf, "outcome is infinite"),
        ("period", 2002, "the cell is there more than once in 1 of 23 rows"),
    ],
)
def test_what_no_panel_may_hold_is_refused_with_its_cells(
    column: str, value: float, said: str
) -> None:
    frame = rows()
    frame.loc[0, column] = value
    with pytest.raises(InvalidPanel, match=said):
        to_panel(frame)


def test_labels_of_a_plan_and_of_the_data_are_spelled_alike() -> None:
    assert [label_text(label) for label in (3, 3.0, "3", 2.5)] == ["3", "3", "3", "2.5"]


@given(st.lists(st.integers(-(10**17), 10**17)))
def test_whole_numbers_stay_what_they_are(numbers: list[int]) -> None:
    assert period_labels([str(number) for number in numbers]) == numbers


@given(st.lists(st.text()))
def test_no_label_is_lost_and_none_is_invented(labels: list[str]) -> None:
    assert len(period_labels(labels)) == len(labels)
