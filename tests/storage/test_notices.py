"""Whoever listens hears that something may have become due, and only then."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from storage import runs
from storage.errors import DatabaseUnavailable
from storage.ledger import ledger
from storage.notices import listening
from storage.outcomes import ingest
from storage.runs import Wanted
from tests.flows import promoted, shop

LONG = 20.0


def test_panels_promotions_plans_and_runs_are_heard_of(database_url: str) -> None:
    with listening(database_url) as notices:
        assert notices.wait(0) == set()
        promoted.deliver(database_url)
        assert notices.wait(LONG) == {"outcomes"}
        promoted.plan(database_url)
        heard = notices.wait(LONG)
        while "studies" not in heard:
            heard |= notices.wait(LONG)
        assert heard == {"promotions", "studies"}
        with ledger(database_url) as session:
            runs.ask(session, Wanted("shop", 1, "a" * 64, "ann"))
        assert notices.wait(LONG) == {"runs"}


def test_a_loader_of_a_table_of_ones_own_may_send_one(database_url: str) -> None:
    with listening(database_url) as notices:
        with shop.connection(database_url) as server, server.cursor() as cursor:
            cursor.execute("NOTIFY liftledger, 'sales'")
        assert notices.wait(LONG) == {"sales"}


def test_what_is_rolled_back_is_not_heard(engine: Engine, database_url: str) -> None:
    with listening(database_url) as notices:
        with Session(engine) as session:
            ingest(session, "shop", promoted.rows())
            session.rollback()
        assert notices.wait(0.2) == set()


def test_a_database_that_goes_away_is_said(database_url: str) -> None:
    with listening(database_url) as notices:
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        shop.rows_of(database_url, query)
        with pytest.raises(DatabaseUnavailable, match="listened to"):
            notices.wait(LONG)
