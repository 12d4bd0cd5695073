"""Cells that were used and say something else now: found, counted, weighed, with both answers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sqlalchemy.orm import Session

from storage import results, snapshots
from storage.panels import to_panel
from storage.restatements import LISTED, REASON, Cell, restated
from storage.results import Analysis, request_id
from tests.storage.answers import analysis


def rows(units: int = 4, periods: int = 5) -> pd.DataFrame:
    """Every outcome is ten; unit 1 is treated in the last two periods."""
    unit = np.repeat([f"store {u}" for u in range(units)], periods)
    period = np.tile(np.arange(1, periods + 1), units)
    return pd.DataFrame(
        {
            "unit": pd.Categorical(unit),
            "period": period,
            "outcome": np.full(units * periods, 10.0),
            "treatment": ((unit == "store 1") & (period > periods - 2)).astype(float),
            "observed": np.ones(units * periods, dtype=bool),
        }
    )


def with_cell(frame: pd.DataFrame, unit: str, period: int, **values: float | bool) -> pd.DataFrame:
    changed = frame.copy()
    for column, value in values.items():
        changed.loc[(changed.unit == unit) & (changed.period == period), column] = value
    return changed


def test_the_same_rows_in_another_order_restate_nothing() -> None:
    found = restated(rows(), rows().sample(frac=1, random_state=0), ())
    assert (found.count, found.used, found.moved, found.cells) == (0, 20, 0.0, ())
    assert not found.over(0.0)


def test_new_periods_and_new_units_restate_nothing() -> None:
    assert restated(rows(), rows(units=6, periods=7).assign(treatment=0), ()).by_what == {
        "treatment": 2
    }
    later = rows(units=6, periods=7)
    later["treatment"] = ((later.unit == "store 1") & (later.period > 3)).astype(float)
    assert restated(rows(), later, ()).count == 0


def test_every_kind_of_change_is_listed_cell_by_cell() -> None:
    old = with_cell(rows(), "store 2", 1, outcome=np.nan, observed=False)
    now = with_cell(rows(), "store 0", 3, outcome=12.5)
    now = with_cell(now, "store 3", 2, outcome=np.nan, observed=False)
    now = with_cell(now, "store 1", 3, treatment=1.0)
    now = now.drop(index=0)
    found = restated(old, now, ())
    assert found.by_what == {"changed": 1, "filled": 1, "treatment": 1, "withdrawn": 2}
    assert set(found.cells) == {
        Cell("store 0", 1, "withdrawn", 10.0, None, None),
        Cell("store 0", 3, "changed", 10.0, 12.5, 0.25),
        Cell("store 1", 3, "treatment", 10.0, 10.0, 0.0),
        Cell("store 2", 1, "filled", None, 10.0, None),
        Cell("store 3", 2, "withdrawn", 10.0, None, None),
    }
    assert found.cells[0].unit == "store 1"  # a treated cell is named first
    assert (found.count, found.treated, found.share) == (5, 1, 0.25)


def test_cells_are_weighed_by_what_they_moved_and_by_the_treated_mean() -> None:
    now = with_cell(rows(), "store 1", 5, outcome=16.0)
    found = restated(rows(), now, ())
    assert found.moved == pytest.approx(6 / 200)
    assert found.shift == pytest.approx(3.0)
    assert found.over(0.049)  # one cell of twenty is the larger share
    assert not found.over(0.05)
    assert "1 of 20 cells restated (1 changed; 1 treated)" in found.text


def test_units_that_the_plan_excludes_are_nobodys_business() -> None:
    now = with_cell(rows(), "store 3", 2, outcome=99.0)
    assert restated(rows(), now, ("store 3",)).count == 0


def test_of_very_many_cells_the_first_are_listed_and_all_are_counted() -> None:
    old = rows(units=50, periods=40)
    found = restated(old, old.assign(outcome=old.outcome + 1), ())
    assert found.count == 2000
    assert len(found.cells) == LISTED


def again(session: Session, first: Analysis, frame: pd.DataFrame, reason: str) -> Analysis:
    """The same plan, answered from other rows."""
    snapshot = snapshots.save(session, frame)
    request = request_id(
        first.plan_hash, snapshot, first.code_version, first.environment_hash, first.seed,
        first.study,
    )  # fmt: skip
    return replace(first, request_id=request, snapshot_hash=snapshot, reason=reason)


def test_a_result_made_because_of_a_restatement_knows_both_answers(session: Session) -> None:
    first = analysis(session)
    results.save(session, first)
    old = snapshots.load(session, first.snapshot_hash)
    moved = old.assign(outcome=np.where(old.outcome == old.outcome.max(), 1.0, old.outcome))
    second = again(session, first, moved, f"{REASON}one cell")
    results.save(session, replace(second, panel=to_panel(moved)))
    assert results.load(session, "display", 1).restated is None
    found = results.load(session, "display", 2).restated
    assert found is not None
    assert (found.version, found.restatement.count) == (1, 1)
    assert [one.estimator for one in found.answers] == ["did", "sc", "mc"]
    assert found.answers[0].old == found.answers[0].new == (-1 / 3, -0.7, 0.1)


def test_a_result_asked_for_any_other_reason_is_compared_with_nothing(session: Session) -> None:
    first = analysis(session)
    results.save(session, first)
    old = snapshots.load(session, first.snapshot_hash)
    moved = old.assign(outcome=np.where(old.outcome == old.outcome.max(), 1.0, old.outcome))
    second = again(session, first, moved, "because")
    results.save(session, replace(second, panel=to_panel(moved)))
    assert results.load(session, "display", 2).restated is None
