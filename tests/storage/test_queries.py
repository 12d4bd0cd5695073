"""What people write into a study, kept from doing harm: queries only read, names are only names."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2 import sql
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from storage.copying import raw
from storage.errors import InvalidSource
from storage.outcomes import ingest
from storage.panels import pull
from studies import Columns
from studies.panels import Source
from tests.storage.answers import rows

SALES = """
CREATE SCHEMA retail;
CREATE TABLE retail.sales (store int, week int, units numeric, on_display boolean);
INSERT INTO retail.sales VALUES
    (9, 1, 3, false), (9, 2, 4, true), (10, 1, 2, false), (10, 2, 1, false);
CREATE FUNCTION eat() RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN DELETE FROM retail.sales; RETURN 1; END $$;
"""
SALES_COLUMNS = Columns(unit="store", period="week", outcome="units", treatment="on_display")
WRITES = [
    "DELETE FROM retail.sales",
    "DELETE FROM retail.sales RETURNING *",
    "WITH gone AS (DELETE FROM retail.sales RETURNING *) SELECT * FROM gone",
    "SELECT * FROM retail.sales) AS x) TO STDOUT; DROP TABLE retail.sales; --",
    "SELECT 1; COMMIT; DROP TABLE retail.sales",
    "SELECT * FROM retail.sales; SET TRANSACTION READ WRITE",
    "DROP TABLE retail.sales",
    "SELECT eat() AS unit, 1 AS period, 1 AS outcome, 0 AS treatment",
    "SELECT set_config('transaction_read_only', 'off', true) AS unit, eat() AS period,"
    " 1 AS outcome, 0 AS treatment",
]


@pytest.mark.parametrize("asked", WRITES)
def test_a_query_that_writes_is_refused_and_writes_nothing(session: Session, asked: str) -> None:
    session.execute(text(SALES))
    columns = SALES_COLUMNS if "eat" not in asked else Columns()
    with pytest.raises(InvalidSource):
        pull(session, Source(query=asked, columns=columns))
    assert session.scalar(text("SELECT count(*) FROM retail.sales")) == 4
    session.execute(text("DELETE FROM retail.sales WHERE store = 9"))  # we still may


def test_the_same_query_without_its_writing_is_a_panel(session: Session) -> None:
    session.execute(text(SALES))
    source = Source(query="SELECT * FROM retail.sales", columns=SALES_COLUMNS)
    assert len(pull(session, source)) == 4


NAMES = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12
) | st.sampled_from(['"', '";', "'; DROP TABLE outcomes; --", "a.b", "%s", "{}", ":x", "a b", "\\"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(panel=NAMES, relation=NAMES, names=st.lists(NAMES, min_size=5, max_size=5, unique=True))
def test_any_name_is_quoted(engine: Engine, panel: str, relation: str, names: list[str]) -> None:
    unit, period, outcome, treatment, covariate = names
    columns = Columns(
        unit=unit, period=period, outcome=outcome, treatment=treatment, covariates=(covariate,)
    )
    with engine.connect() as connection, Session(connection) as session:
        done = ingest(session, panel, rows())
        assert (done.rows, done.replaced) == (len(rows()), 0)
        assert len(pull(session, panel)) == len(rows())
        made = sql.SQL("CREATE TABLE made.{} ({})").format(
            sql.Identifier(relation),
            sql.SQL(", ").join(sql.SQL("{} float8").format(sql.Identifier(name)) for name in names),
        )
        with raw(session).cursor() as cursor:
            cursor.execute("CREATE SCHEMA made")
            cursor.execute(made)
            cursor.execute(
                sql.SQL("INSERT INTO made.{} VALUES (1, 2, 0.1, 1, 7)").format(
                    sql.Identifier(relation)
                )
            )
        source = Source(relation=f"made.{relation}", columns=columns)
        (row,) = pull(session, source).itertuples(index=False)
        assert tuple(row) == ("1", 2, 0.1, 1.0, True, 7.0)
        session.rollback()
