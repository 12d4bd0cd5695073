"""Covariates: from a file or a relation to the panel, to the last bit; and a panel without any."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from estimators import InvalidPanel
from storage import snapshots
from storage.errors import InvalidFile, InvalidSource
from storage.outcomes import ingest, read_file
from storage.panels import exclude, pull, to_panel
from studies import Columns, InvalidPlan
from studies.panels import Source, named_columns
from tests.storage.answers import bits, rows

NAMES = ("price", "shelf depth, m")


def with_covariates() -> pd.DataFrame:
    """Rows with two covariates: numbers of every size, one not known, one that is infinite."""
    there = rows()
    price = np.random.default_rng(3).normal(size=len(there)) * 1e-300
    price[0], price[1] = -0.0, np.nan
    depth = np.arange(len(there)) / 3
    depth[2] = np.inf
    return there.assign(**dict(zip(NAMES, (price, depth), strict=True)))


def complete() -> pd.DataFrame:
    there = with_covariates()
    there[list(NAMES)] = there[list(NAMES)].replace([np.inf, np.nan], 1.0)
    return there


def test_covariates_of_an_ingested_panel_come_back_bit_for_bit(session: Session) -> None:
    there = with_covariates()
    assert ingest(session, "stores", there).covariates == NAMES
    ingest(session, "others", rows(units=2))
    found = pull(session, "stores").sort_values(["unit", "period"], ignore_index=True)
    assert list(found.columns[5:]) == list(NAMES)
    for name in NAMES:
        assert bits(found[name]) == bits(there[name])
    assert "price" not in pull(session, "others")


def test_a_panel_that_is_replaced_loses_its_covariates(session: Session) -> None:
    ingest(session, "stores", with_covariates())
    assert ingest(session, "stores", rows()).covariates == ()
    assert list(pull(session, "stores").columns[5:]) == []
    assert session.scalar(text("SELECT count(*) FROM covariates")) == 0


def test_covariates_of_a_relation_are_numbers_or_truths_and_nothing_else(session: Session) -> None:
    session.execute(
        text(
            "CREATE TABLE sales AS SELECT 'a' AS unit, 1 AS period, 2.5 AS outcome, 0 AS treatment,"
            " 1.25::numeric AS price, true AS open, 'x' AS note"
        )
    )
    found = pull(session, Source(relation="sales", columns=Columns(covariates=("open", "price"))))
    assert found[["open", "price"]].to_numpy().tolist() == [[1.0, 1.25]]
    for names, said in (
        (("note",), "'note' .the covariate. holds text, but must hold numbers, or true and false"),
        (("prize",), r"no column 'prize' \(a covariate\); it has: unit, period"),
    ):
        with pytest.raises(InvalidSource, match=said):
            pull(session, Source(relation="sales", columns=Columns(covariates=names)))


def test_a_covariate_called_time_does_not_serve_as_the_period(session: Session) -> None:
    session.execute(text("CREATE TABLE sales (unit text, time int, outcome int, treatment int)"))
    with pytest.raises(InvalidSource, match="no column 'period'"):
        pull(session, Source(relation="sales", columns=Columns(covariates=("time",))))


def test_covariates_are_read_from_a_file_and_text_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    path.write_text("unit,time,outcome,treated,price,open\nA,1,2,0,0.5,yes\nB,1,2,0,,no\n")
    found = read_file(path, named_columns({"covariates": ["open", "price"]}))
    assert found["open"].tolist() == [1.0, 0.0]
    assert bits(found["price"]) == bits([0.5, np.nan])
    path.write_text("unit,time,outcome,treated,price\nA,1,2,0,cheap\n")
    with pytest.raises(InvalidFile, match=r"'price' \(the covariate\) is not a number in 1 of 1"):
        read_file(path, Columns(covariates=("price",)))


def test_a_covariate_that_is_another_column_is_refused_before_anything_is_read() -> None:
    with pytest.raises(InvalidPlan, match=r"covariates: store: the name of another column"):
        named_columns({"unit": "store", "covariates": ["store"]})


def test_rows_become_a_panel_with_covariates_by_unit_period_and_name(session: Session) -> None:
    there = complete()
    there = pd.concat([there, there[:1].assign(period=2003)], ignore_index=True)
    shuffled = there.sample(frac=1, random_state=1)
    panel = to_panel(exclude(shuffled.reset_index(drop=True), ["store 3"]))
    assert panel.covariate_names == NAMES
    assert panel.covariates is not None
    assert panel.covariates.shape == (3, 6, 2)
    last = there[(there["unit"] == "store 2") & (there["period"] == 2006)]
    assert panel.covariates[2, 5].tolist() == last[list(NAMES)].to_numpy()[0].tolist()
    with pytest.raises(InvalidPanel, match=r"first price at \(store 0, 2002\)"):
        to_panel(there.assign(price=there["price"].where(there["period"] != 2002)))


def test_a_snapshot_keeps_covariates_in_any_order_of_rows(session: Session) -> None:
    there = with_covariates()
    sha256 = snapshots.save(session, there)
    assert snapshots.save(session, there.sample(frac=1, random_state=2)) == sha256
    back = snapshots.load(session, sha256)
    assert list(back.columns[5:]) == list(NAMES)
    for name in NAMES:
        assert bits(back[name]) == bits(there[name])
    changed = there.assign(price=there["price"].where(there.index != 0, 0.0))  # it was −0.0
    assert snapshots.save(session, changed) != sha256
    assert snapshots.save(session, there.rename(columns={"price": "prize"})) != sha256


def test_rows_of_the_same_cell_that_differ_in_a_covariate_have_one_order() -> None:
    doubled = pd.concat([complete(), complete().assign(price=7.0)], ignore_index=True)
    content = snapshots.encode(doubled)[1]
    assert snapshots.encode(doubled.iloc[::-1])[1] == content


def test_a_panel_without_covariates_keeps_the_hash_it_had_before_there_were_any() -> None:
    assert hashlib.sha256(snapshots.encode(rows())[1]).hexdigest() == (
        "ab541002d5404945f940d43fc846071c7b0c65e5642be66884a3c4c1a16fabc0"
    )
