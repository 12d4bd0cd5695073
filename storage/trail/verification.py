"""Whether the ledger holds: the chain, the rows it records, the guards, and an anchor if given."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.trail import chain, guards, rows

ONE_MOMENT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


@dataclass(frozen=True)
class Problem:
    """Something that does not hold. entry: number in the log, where it is about one."""

    entry: int | None
    what: str

    def __str__(self) -> str:
        return self.what if self.entry is None else f"entry {self.entry:,}: {self.what}"


@dataclass(frozen=True)
class Verification:
    """What was looked at, and what does not hold. head: hash of the last entry."""

    entries: int
    head: str
    rows: int
    problems: tuple[Problem, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(session: Session) -> Verification:
    """Look at everything as it was at one moment; the first statement of its transaction."""
    session.execute(ONE_MOMENT)
    links = chain.check(session)
    found = [
        *(Problem(link.id, link.problem) for link in links.broken),
        *_rows(session),
        *(Problem(None, sentence) for sentence in guards.check(session)),
    ]
    return Verification(links.entries, links.head, rows.count(session), tuple(found))


def _rows(session: Session) -> Iterator[Problem]:
    for bad in rows.check(session):
        yield Problem(bad.entry, f"{bad.row} {bad.problem}")
