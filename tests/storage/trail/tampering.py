"""What the owner of a ledger can do to it, and what verifying then finds."""

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from storage import audit
from storage.database import transaction
from storage.trail.verification import verify
from tests.storage import everything

GUARDS = (
    "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = CAST(:table AS regclass)"
)


def write(session: Session) -> None:
    """A row of everything, and two entries after it."""
    everything.write(session)
    for n in range(2):
        audit.record(session, "noted", "it", {"n": n}, "ada")


def problems(engine: Engine) -> list[str]:
    """What verifying finds."""
    with transaction(engine) as session:
        return [str(problem) for problem in verify(session).problems]


def tamper(engine: Engine, statement: str, *tables: str) -> None:
    """Switch the guards of these tables off, do it, and switch them on again."""
    with engine.begin() as connection:
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        connection.exec_driver_sql(statement)
        for table in tables:
            for (guard,) in connection.execute(text(GUARDS), {"table": table}).all():
                connection.execute(text(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {guard}"))
