"""Two results beside each other: cells, keys of the plan, what computed them, and the answer."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine

from storage import diffs, results, snapshots, studies
from storage.database import transaction
from storage.panels import to_panel
from tests.storage.answers import analysis, answered, plan, rows


def save(engine: Engine, found: pd.DataFrame, seed: int = 1, code: str = "0.1+c") -> None:
    """One more result of `display`, from these rows."""
    with transaction(engine) as session:
        sha256 = snapshots.save(session, found)
        panel = to_panel(found)
        asked = analysis(session, seed=seed)
        did = answered(panel)
        results.save(
            session,
            replace(
                asked,
                request_id=results.request_id(asked.plan_hash, sha256, code, "e", seed, "display"),
                snapshot_hash=sha256,
                code_version=code,
                panel=panel,
                answers={"did": replace(did, att=did.att + seed), "sc": asked.answers["sc"]},
            ),
        )


def diff(engine: Engine) -> diffs.Diff:
    with transaction(engine) as session:
        return diffs.diff(session, ("display", 1), ("display", 2))


def test_only_the_code_is_other(engine: Engine) -> None:
    save(engine, rows())
    save(engine, rows(), code="0.2+d")
    found = diff(engine)
    assert (found.data, found.plan) == (None, ())
    assert found.computed == {"code": ("0.1+c", "0.2+d")}
    assert [(one.estimator, one.same) for one in found.answers] == [("did", True), ("sc", True)]


def test_a_key_of_the_plan_is_other_and_so_is_the_answer(engine: Engine) -> None:
    save(engine, rows(), seed=1)
    save(engine, rows(), seed=2)
    found = diff(engine)
    assert [(one.key, one.before, one.after) for one in found.plan] == [("seed", 1, 2)]
    assert found.computed == {"seed": ("1", "2")}
    did, sc = found.answers
    assert (did.same, sc.same) == (False, True)
    assert did.before is not None
    assert did.after is not None
    assert did.before.att is not None
    assert did.after.att == pytest.approx(did.before.att + 1)


def test_an_estimator_that_only_one_of_them_asked_stands_alone(engine: Engine) -> None:
    save(engine, rows())
    with transaction(engine) as session:
        studies.register(session, plan(seed=5), by="ada", reason="another seed")
        results.save(session, analysis(session, seed=5))  # did, sc and mc
    found = diff(engine)
    mc = found.answers[-1]
    assert (mc.estimator, mc.before, mc.same) == ("mc", None, False)
    assert mc.after is not None


def test_cells_are_compared_one_by_one_and_new_ones_counted() -> None:
    before, after = rows(), rows(units=5, periods=7)
    after = after.assign(outcome=1.0, observed=True)
    known = after.merge(before, on=["unit", "period"], how="left", suffixes=("", "_old"))
    after["outcome"] = known["outcome_old"].fillna(1.0).to_numpy()
    changed = (after["unit"] == "store 1") & (after["period"] == 2005)
    after.loc[changed, "outcome"] = 9.0
    gone = (after["unit"] == "store 3") & (after["period"] == 2003)
    found = diffs.data_diff(before, after[~gone].reset_index(drop=True))
    assert found.restatement.by_what == {"changed": 1, "filled": 1, "withdrawn": 1}
    first = found.restatement.cells[0]
    assert (first.unit, first.period, first.new) == ("store 1", 2005, 9.0)  # treated: it is first
    assert found.units_added == ("store 4",)
    assert found.periods_added == ("2007",)
    assert (found.units_gone, found.periods_gone) == ((), ())
    # store 4 has 7 cells, the four others one period more; a cell absent before is there now
    here = set(zip(before["unit"], before["period"], strict=True))
    there = set(zip(after["unit"], after["period"], strict=True)) - {("store 3", 2003)}
    assert found.added == len(there - here)


def test_covariates_are_compared_too() -> None:
    before, after = (rows().assign(price=1.0, shelf=2.0) for _ in "12")
    after.loc[[0, 3], "price"] = [1.5, np.nan]
    found = diffs.data_diff(before, after.drop(columns="shelf"))
    assert found.covariates == {"price": 2, "shelf": len(before)}
    assert found.restatement.count == found.added == 0
