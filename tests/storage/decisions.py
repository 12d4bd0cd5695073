"""A result to decide about, and what the ledger recommends about every result."""

from sqlalchemy import Engine, text

from storage import results
from storage.database import transaction
from tests.storage.answers import analysis


def answered(engine: Engine, seed: int = 1) -> None:
    """One more result of the study `display`, which ada asked for."""
    with transaction(engine) as session:
        results.save(session, analysis(session, seed=seed))


def recommend(engine: Engine, decision: str) -> None:
    """From now on the ledger recommends this about every result."""
    body = f"SELECT '{decision}'::text"
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE OR REPLACE FUNCTION liftledger_recommendation(result bigint) RETURNS text"
                f" LANGUAGE sql STABLE AS $$ {body} $$"
            )
        )
