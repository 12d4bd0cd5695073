"""The database of a command: started when it is the embedded one, its tables up to date."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ENTRIES_NAME_ROWS = "0014"  # the migration since when


@contextmanager
def opened() -> Iterator[str]:
    """The URL of a database whose tables are what this version needs."""
    from storage.database import migrate, schema_state
    from storage.server import database

    with database() as url:
        current, head = schema_state(url)
        if current != head:
            migrate(url)
            if current is not None and current < ENTRIES_NAME_ROWS:
                _record_older(url)
            if os.environ.get("DATABASE_URL"):
                say("database", f"tables brought from {current or 'none'} to {head}")
        yield url


def _record_older(url: str) -> None:
    """Rows from before entries named rows get theirs, so that they can be verified from now on."""
    from reports.names import counted
    from storage.ledger import ledger
    from storage.provenance import whoami
    from storage.trail.rows import record_older

    with ledger(url) as session:
        found = record_older(session, whoami())
    if found:
        say("audit", f"recorded as found, from earlier releases: {counted(found, 'row')}")


def say(who: str, what: str) -> None:
    """One line of progress on stderr, in the form of a flow's own."""
    import time

    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {who:8} {what}\n")
    sys.stderr.flush()
