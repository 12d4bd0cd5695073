"""Whether the ledger holds: the chain, the rows it records, the guards, and an anchor if given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.trail import anchors, chain, guards, roles, rows

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


def one_moment(session: Session) -> None:
    """Whatever is read from here on is as it was now, whoever writes meanwhile."""
    session.execute(ONE_MOMENT)


def verify(
    session: Session,
    anchored: Sequence[anchors.Anchor] = (),
    key: Ed25519PublicKey | None = None,
) -> Verification:
    """Look at everything as it was at one moment; the first statement of its transaction.

    anchored: anchors kept elsewhere, oldest first      key: what they must have been signed with
    """
    one_moment(session)
    links = chain.check(session, anchors.remembered(anchored))
    found = [
        *(Problem(None, sentence) for sentence in (anchors.forged(anchored, key) if key else ())),
        *(Problem(link.id, link.problem) for link in links.broken),
        *(Problem(*one) for one in anchors.broken(anchored, links)),
        *_rows(session),
        *(Problem(None, sentence) for sentence in guards.check(session)),
        *(Problem(None, sentence) for sentence in roles.check(session)),
    ]
    return Verification(links.entries, links.head, rows.count(session), tuple(found))


def _rows(session: Session) -> Iterator[Problem]:
    for bad in rows.check(session):
        yield Problem(bad.entry, f"{bad.row} {bad.problem}")
