"""Pulling a panel from whatever the user has, exactly as it is there."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session

from storage.database import transaction
from storage.errors import InvalidSource, UnknownPanel
from storage.outcomes import ingest
from storage.panels import pull
from storage.sources import read_only
from studies import Columns
from studies.panels import Source
from tests.storage.answers import bits, rows

SALES = """
CREATE SCHEMA retail;
CREATE TABLE retail.sales (store int, week date, units numeric, on_display boolean, note text);
INSERT INTO retail.sales VALUES
    (10, '2024-01-08', 3.25, true, 'a'), (10, '2024-01-01', NULL, false, 'b'),
    (9, '2024-01-01', 'NaN', false, 'c'), (9, '2024-01-08', 0.1, NULL, 'd');
"""
SALES_COLUMNS = Columns(unit="store", period="week", outcome="units", treatment="on_display")


@pytest.fixture
def sales(session: Session) -> Session:
    session.execute(text(SALES))
    return session


def query(text_: str, columns: Columns | None = None) -> Source:
    return Source(query=text_, columns=columns or Columns())


def test_an_ingested_panel_comes_back_bit_for_bit(session: Session) -> None:
    there = rows()
    there.loc[3, "outcome"], there.loc[4, "outcome"] = np.inf, 5e-324
    ingest(session, "stores", there)
    ingest(session, "others", rows(units=2))
    found = pull(session, "stores").sort_values(["unit", "period"], ignore_index=True)
    assert list(found.columns) == ["unit", "period", "outcome", "treatment", "observed"]
    assert found["period"].dtype == np.int64
    assert found["observed"].dtype == np.bool_
    assert found["unit"].tolist() == there["unit"].tolist()
    assert found["period"].tolist() == there["period"].tolist()
    assert found["observed"].tolist() == there["observed"].tolist()
    for name in ("outcome", "treatment"):
        assert bits(found[name]) == bits(there[name])


def test_a_number_that_is_not_one_is_kept_for_the_checks_and_null_is_not_observed(
    sales: Session,
) -> None:
    found = pull(sales, Source(relation="retail.sales", columns=SALES_COLUMNS))
    cells: dict[Any, Any] = {(r.unit, r.period): r for r in found.itertuples()}
    assert found["unit"].cat.categories.tolist() == ["10", "9"]
    assert cells["10", "2024-01-08"].outcome == 3.25
    assert not cells["10", "2024-01-01"].observed
    assert cells["9", "2024-01-01"].observed
    assert np.isnan(cells["9", "2024-01-01"].outcome)
    assert cells["10", "2024-01-08"].treatment == 1.0
    assert np.isnan(cells["9", "2024-01-08"].treatment)


@pytest.mark.parametrize(
    ("kind", "literals", "expected"),
    [
        ("int", ["3", "-1"], [3, -1]),
        ("numeric", ["2001", "2002.00"], [2001, 2002]),
        ("float8", ["2001", "2002"], [2001, 2002]),
        ("text", ["2024-Q1", "2024-Q2"], ["2024-Q1", "2024-Q2"]),
        ("date", ["2024-03-31", "0999-01-02"], ["2024-03-31", "0999-01-02"]),
        ("timestamp", ["2024-03-31 00:00", "2024-04-01"], ["2024-03-31", "2024-04-01"]),
        (
            "timestamp",
            ["2024-03-31 12:30", "2024-04-01"],
            ["2024-03-31T12:30:00", "2024-04-01T00:00:00"],
        ),
        ("timestamptz", ["2024-03-31 00:00+00", "2024-04-01 00:00Z"], ["2024-03-31", "2024-04-01"]),
    ],
)
def test_periods_are_whole_numbers_or_iso_dates(
    session: Session, kind: str, literals: list[str], expected: list[object]
) -> None:
    values = ", ".join(f"('s', '{one}'::{kind}, 1.5, 0)" for one in literals)
    found = pull(
        session, query(f"SELECT * FROM (VALUES {values}) AS v (unit, period, outcome, treatment)")
    )
    assert found["period"].tolist() == expected


@pytest.mark.parametrize(
    "relation", ["retail.sales", "Retail.SALES", '"retail"."sales"', 'retail."sales"']
)
def test_a_relation_is_found_by_the_name_people_use(sales: Session, relation: str) -> None:
    assert len(pull(sales, Source(relation=relation, columns=SALES_COLUMNS))) == 4


def test_a_plain_name_is_a_panel_first_and_a_relation_second(session: Session) -> None:
    session.execute(
        text("CREATE VIEW stores AS SELECT 'v' AS unit, 1 AS time, 2.0 AS outcome, 1 AS treated")
    )
    assert pull(session, "stores")["unit"].tolist() == ["v"]
    ingest(session, "stores", rows())
    assert len(pull(session, "stores")) == len(rows())


def test_a_query_may_end_in_a_semicolon_or_a_comment(sales: Session) -> None:
    asked = "SELECT * FROM retail.sales WHERE note <> ';)' -- these) are\n ; "
    assert len(pull(sales, query(asked, SALES_COLUMNS))) == 4
    asked = "WITH s AS (SELECT * FROM retail.sales) SELECT * FROM s -- 100 % of them"
    assert len(pull(sales, query(asked, SALES_COLUMNS))) == 4


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        ("nothing", UnknownPanel, "no panel was ingested as 'nothing'.*ingested: stores"),
        (Source(relation="retail.sale"), InvalidSource, "no relation 'retail.sale'.*retail.sales"),
        (Source(relation="a\0b"), InvalidSource, "no relation"),
        (
            Source(relation="retail.sales", columns=Columns(outcome="revenue")),
            InvalidSource,
            "no column 'unit' .the unit.*'revenue' .the outcome.*"
            "it has: store, week, units, on_display, note",
        ),
        (
            Source(
                relation="retail.sales",
                columns=SALES_COLUMNS.model_copy(update={"outcome": "note"}),
            ),
            InvalidSource,
            "'note' .the outcome. holds text, but must hold numbers",
        ),
        (
            Source(
                relation="retail.sales",
                columns=SALES_COLUMNS.model_copy(update={"treatment": "note"}),
            ),
            InvalidSource,
            "'note' .the treatment. holds text",
        ),
        (
            Source(
                relation="retail.sales",
                columns=SALES_COLUMNS.model_copy(update={"period": "on_display"}),
            ),
            InvalidSource,
            "'on_display' .the period. holds bool",
        ),
        (query("SELEC 1"), InvalidSource, 'syntax error at or near "SELEC"'),
        (query("SELECT 1 AS x FROM nowhere"), InvalidSource, 'relation "nowhere" does not exist'),
        (query(""), InvalidSource, "must be one SELECT"),
        (query("SELECT 1; SELECT 2"), InvalidSource, "must be one SELECT"),
        (query("SELECT 1 AS a, 2 AS a"), InvalidSource, "no column"),
        (
            query("SELECT 1 AS unit, 1 AS unit, 1 AS period, 1 AS outcome, 1 AS treatment"),
            InvalidSource,
            "more than one column called 'unit'",
        ),
        (
            query("SELECT 's' AS unit, 1 AS period, 1/(random()*0) AS outcome, 0 AS treatment"),
            InvalidSource,
            "division by zero",
        ),
        (
            query("SELECT 1 AS unit, 1 AS period, 1 AS outcome, 1 AS treatment WHERE false"),
            InvalidSource,
            "has no rows",
        ),
        (
            query(
                "SELECT * FROM (VALUES ('s', NULL, 1, 0), ('r', 1, 1, 0))"
                " AS v (unit, period, outcome, treatment)"
            ),
            InvalidSource,
            "'period' .the period. is empty in 1 of 2 rows, first where the unit is s",
        ),
    ],
)
def test_a_source_that_is_no_panel_is_one_clear_line(
    sales: Session, source: str | Source, error: type[Exception], said: str
) -> None:
    ingest(sales, "stores", rows())
    with pytest.raises(error, match=said) as refused:
        pull(sales, source)
    assert "\n" not in str(refused.value)
    assert len(pull(sales, "stores"))  # the transaction is still good


def test_after_a_pull_the_same_transaction_writes_and_inside_it_none(engine: Engine) -> None:
    with transaction(engine) as session:
        ingest(session, "stores", rows())
        pull(session, "stores")
        ingest(session, "again", rows())
        with pytest.raises(InternalError, match="read-only"), read_only(session):
            session.execute(text("DELETE FROM outcomes"))


def test_a_pull_sees_one_moment_while_another_replaces_the_panel(engine: Engine) -> None:
    with transaction(engine) as session:
        ingest(session, "stores", rows())
    with transaction(engine) as reader, transaction(engine) as writer:
        ingest(writer, "stores", rows(units=2))
        assert len(pull(reader, "stores")) == len(rows())
    with transaction(engine) as session:
        assert len(pull(session, "stores")) == len(rows(units=2))
