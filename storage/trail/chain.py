"""The chain of the audit log, checked link by link outside the database.

    hash(n) = SHA-256 of the JSON array [n, time in UTC to the microsecond, who, what, subject,
              text of details, hash(n − 1), role, recorded_table, recorded_key, recorded_hash],
    hash(0) = 64 zeros; entries without a role end with hash(n − 1)

The database spells each entry by built-in functions and sends it; it is hashed here, so a function
of ours that was replaced hides nothing. The log streams through: memory does not grow with it.
Whatever of this an outsider has to repeat is in the docs, and in the verifier of an export.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from psycopg2 import sql
from sqlalchemy.orm import Session

from storage.copying import raw

GENESIS = "0" * 64
TOLERANCE = 1.0  # seconds a clock may step back when it is corrected
TIME = slice(1, 28)  # of '"2026-11-28T03:45:41.123456Z"'

SPELLED = """
COPY (
    SELECT id, hash, previous_hash, CASE
        WHEN num_nulls(role, recorded_table, recorded_key, recorded_hash) = 4 THEN json_build_array(
            id, to_char(happened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            who, what, subject, details::text, previous_hash)
        ELSE json_build_array(
            id, to_char(happened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            who, what, subject, details::text, previous_hash,
            role, recorded_table, recorded_key, recorded_hash)
    END FROM audit_log {where} ORDER BY id
) TO STDOUT
"""


@dataclass(frozen=True)
class BadLink:
    """An entry at which the chain breaks."""

    id: int
    problem: str


@dataclass
class Links:
    """What has been seen of the chain; entries are written to it as COPY sends them.

    wanted: numbers of entries whose hash and time are to be remembered
    last: number of the last entry      head: its hash
    """

    wanted: frozenset[int] = frozenset()
    entries: int = 0
    head: str = GENESIS
    broken: list[BadLink] = field(default_factory=list)
    seen: dict[int, tuple[str, str]] = field(default_factory=dict)
    last: int = 0
    _time: str = ""

    def write(self, line: bytes) -> None:
        """One entry: number, hashes, spelling; backslashes are doubled by COPY."""
        number, sha256, previous, spelled = line.rstrip(b"\n").split(b"\t")
        plain = spelled.replace(b"\\\\", b"\\")
        self._check(int(number), sha256.decode(), previous.decode(), plain)

    def _check(self, number: int, sha256: str, previous: str, spelled: bytes) -> None:
        start = len(f"[{number}, ")
        time = spelled[start + TIME.start : start + TIME.stop].decode()
        if number != self.last + 1:
            self._break(number, "entries before it are missing")
        elif previous != self.head:
            self._break(number, "does not follow from the entry before")
        elif hashlib.sha256(spelled).hexdigest() != sha256:
            self._break(number, "was altered")
        elif time < self._time and (back := seconds(time, self._time)) > TOLERANCE:
            problem = f"is dated {back:,.0f} s before the entry before: the clock was set back"
            self._break(number, problem)
        if number in self.wanted:
            self.seen[number] = (sha256, time)
        self.entries += 1
        self.last, self.head, self._time = number, sha256, time

    def _break(self, number: int, problem: str) -> None:
        self.broken.append(BadLink(number, problem))


def check(session: Session, wanted: frozenset[int] = frozenset()) -> Links:
    """Every link of the log. wanted: entries to remember, as an anchor names them."""
    links = Links(wanted)
    with raw(session).cursor() as cursor:
        cursor.copy_expert(sql.SQL(SPELLED.format(where="")), links)
    return links


def spelled(first: int, last: int) -> str:
    """SQL: entries of these numbers, as COPY sends them: number, hash, hash before, spelling."""
    return SPELLED.format(where=f"WHERE id BETWEEN {first:d} AND {last:d}")


def seconds(earlier: str, later: str) -> float:
    """How much later, by times as the log spells them."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
