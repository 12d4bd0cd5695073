"""How Alembic reaches the database: on the connection it is given, or on one of its own.

`storage.database.migrate` hands over a connection in a transaction. On the command line of
Alembic (`alembic check`, `alembic revision --autogenerate`) there is none: then the database of
`DATABASE_URL`, or the embedded one, is used.
"""

from alembic import context
from sqlalchemy import Connection

import storage.alert_tables
import storage.answer_tables
import storage.calibration_tables
import storage.decision_tables
import storage.observation_tables
import storage.pin_tables
import storage.promotion_tables
import storage.race_tables
import storage.replay_tables
import storage.run_tables
import storage.tables
import storage.user_tables  # noqa: F401  (likewise)
from storage.columns import Table
from storage.database import VERSION_TABLE, connect
from storage.server import database

OURS = set(Table.metadata.tables)


def ours(thing: object, name: str | None, kind: str, reflected: bool, _: object) -> bool:
    """Relations of the user's in the same database are none of our business."""
    del thing
    return not (kind == "table" and reflected and name not in OURS)


def run(connection: Connection) -> None:
    """Apply, or compare, on this connection."""
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        version_table=VERSION_TABLE,
        include_object=ours,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with database() as url:
        engine = connect(url)
        with engine.begin() as opened:
            run(opened)
        engine.dispose()
