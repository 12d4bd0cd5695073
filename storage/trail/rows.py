"""Rows beside their entries: every recorded row still hashes to what the log says of it.

One query per table with entries, in which the database puts seals beside entries and sends only
what does not agree; nothing of the log or of the tables is held here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.trail import seals
from storage.trail.evidence import ENTRIES, OLDER

COMPARED = """
SELECT entry.id, entry.what, entry.subject, coalesce(entry.recorded_key, found.key) AS key,
    CASE
        WHEN entry.id IS NULL THEN 'is there, but no entry records it'
        WHEN found.key IS NULL THEN 'was recorded, but is not there'
        ELSE 'or what hangs on it is not what was recorded'
    END AS problem
FROM ({sealed}) AS found
FULL JOIN (SELECT * FROM audit_log WHERE recorded_table = '{table}') AS entry
    ON entry.recorded_key = found.key
WHERE entry.recorded_hash IS DISTINCT FROM found.seal
ORDER BY entry.id, key
"""
UNKNOWN = text("""
SELECT id, recorded_table, recorded_key FROM audit_log
WHERE recorded_table <> ALL(CAST(:known AS text[])) ORDER BY id
""")
FOUND = """
INSERT INTO audit_log
    (who, what, subject, details, recorded_table, recorded_key, recorded_hash)
SELECT :by, :what, :table || ' ' || key, CAST(:details AS json), :table, key, seal
FROM ({sealed}) AS found
WHERE NOT EXISTS (
    SELECT FROM audit_log WHERE recorded_table = :table AND recorded_key = found.key)
ORDER BY key
"""


@dataclass(frozen=True)
class BadRow:
    """A recorded row that is not what the log says. entry: its number; None: there is none."""

    entry: int | None
    row: str
    problem: str


def check(session: Session) -> Iterator[BadRow]:
    """Every row that is not what its entry says, every entry without row, every row without."""
    for name in ENTRIES:
        query = COMPARED.format(sealed=seals.query_of(name), table=name)
        for found in session.execute(text(query)):
            yield BadRow(found.id, f"{name} {found.key}", found.problem)
    for entry in session.execute(UNKNOWN, {"known": list(ENTRIES)}):
        row = f"{entry.recorded_table} {entry.recorded_key}"
        yield BadRow(entry.id, row, "is of a table that records nothing")


def count(session: Session) -> int:
    """How many rows have entries."""
    named = "SELECT count(*) FROM audit_log WHERE recorded_table IS NOT NULL"
    return int(session.scalar(text(named)) or 0)


def record_older(session: Session, by: str) -> int:
    """Give rows from before entries named rows their entry, as they are found; how many."""
    done = 0
    for name in ENTRIES:
        parameters = {
            "by": by,
            "what": OLDER,
            "table": name,
            "details": '{"reason":"from before entries named rows; as the upgrade found it"}',
        }
        found = session.connection().execute(
            text(FOUND.format(sealed=seals.query_of(name))), parameters
        )
        done += found.rowcount
    return done
