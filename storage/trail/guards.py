"""The guards of the database: triggers that must be there, and be on in every session."""

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.tables import AuditRow
from storage.trail.evidence import ENTRIES, PARTS, UNRECORDED

ALWAYS = "A"
TRIGGERS = text("""
SELECT relation.relname, guard.tgname, guard.tgenabled::text
FROM pg_trigger AS guard JOIN pg_class AS relation ON relation.oid = guard.tgrelid
WHERE NOT guard.tgisinternal AND pg_table_is_visible(relation.oid)
""")


def wanted() -> Iterator[tuple[str, str]]:
    """(table, trigger): each insert-only table refuses changes, each row needs its entry."""
    log = AuditRow.__tablename__
    yield log, "chain"
    yield log, "a_person"
    yield "sign_offs", "a_person"
    yield "sign_offs", "two_persons"
    for name in (log, *ENTRIES, *PARTS, *UNRECORDED):
        yield name, "insert_only"
    for name in ENTRIES:
        yield name, "recorded"


def check(session: Session) -> Iterator[str]:
    """A sentence for every guard that is missing or switched off."""
    found = {(row.relname, row.tgname): row.tgenabled for row in session.execute(TRIGGERS)}
    for table, trigger in wanted():
        state = found.get((table, trigger))
        if state is None:
            yield f"the trigger {trigger} of {table} is not there"
        elif state != ALWAYS:
            yield f"the trigger {trigger} of {table} is switched off, or can be"
