"""A shop's own table in the database, and a study of it: what flows are run on in tests."""

import io

import numpy as np
import pandas as pd
import psycopg2
from sqlalchemy.engine import make_url

from storage.ledger import ledger
from storage.studies import register
from studies import parse_plan

PLAN = """
study: shop
question: What did the promotion do?
panel: {relation: sales, columns: {unit: store, period: week, outcome: units, treatment: promo}}
estimators: [did, sc]
primary: did
inference: {placebos: 20}
"""
STORES, WEEKS, FIRST = 10, 14, 10


def sales(treated: int = 1, stores: int = STORES, weeks: int = WEEKS) -> pd.DataFrame:
    """Long rows: store 0 and so on are promoted from week FIRST on; the promotion sells 5 more."""
    noise = np.random.default_rng(3).normal(size=(stores, weeks))
    week = np.arange(1, weeks + 1)
    promoted = (np.arange(stores)[:, None] < treated) & (week >= FIRST)
    units = 100 + np.arange(stores)[:, None] + 0.5 * week + noise + 5 * promoted
    return pd.DataFrame(
        {
            "store": np.repeat([f"store {i}" for i in range(stores)], weeks),
            "week": np.tile(week, stores),
            "units": units.ravel(),
            "promo": promoted.ravel().astype(float),
        }
    )


def fill(url: str, rows: pd.DataFrame, outcome: str = "float8") -> None:
    """Make the shop's table hold exactly these rows."""
    text = io.StringIO()
    rows.to_csv(text, index=False, header=False)
    text.seek(0)
    with connection(url) as server, server.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS sales")
        cursor.execute(f"CREATE TABLE sales (store text, week int, units {outcome}, promo float8)")
        cursor.copy_expert("COPY sales FROM STDIN (FORMAT csv)", text)


def ask(url: str, plan: str = PLAN) -> str:
    """Register a study; returns its name."""
    with ledger(url) as session:
        return register(session, parse_plan(plan), "tester", "another question").study


def connection(url: str) -> psycopg2.extensions.connection:
    """A connection around our own code; its `with` block is one transaction."""
    address = make_url(url).set(drivername="postgresql")
    return psycopg2.connect(address.render_as_string(hide_password=False))


def rows_of(url: str, query: str) -> list[tuple[object, ...]]:
    with connection(url) as server, server.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def counts(url: str) -> dict[str, int]:
    """How many rows the tables of an answer hold."""
    tables = ("results", "estimates", "variances", "effects", "weights")
    return {
        table: int(str(rows_of(url, f"SELECT count(*) FROM {table}")[0][0])) for table in tables
    }
