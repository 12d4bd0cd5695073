"""The work of `liftledger verify`: look, and put into words what was found."""

from dataclasses import asdict

from liftledger.data import Done
from liftledger.ledger import opened
from reports.names import counted
from storage.ledger import ledger
from storage.trail.verification import Verification
from storage.trail.verification import verify as look


def verified() -> tuple[Verification, Done]:
    """What was found, and how it is said. Raises DatabaseUnavailable."""
    with opened() as url, ledger(url) as session:
        found = look(session)
    facts = {
        "holds": found.holds,
        "entries": found.entries,
        "head": found.head,
        "rows": found.rows,
        "problems": [asdict(problem) for problem in found.problems],
    }
    return found, Done(facts, _text(found))


def _text(found: Verification) -> str:
    entries = counted(found.entries, "entry", "entries")
    looked = f"{entries}, {counted(found.rows, 'recorded row')}"
    if found.holds:
        return f"{looked}: everything holds; the last hash is {found.head}"
    last = f"{looked}: {counted(len(found.problems), 'problem')}"
    return "\n".join([*map(str, found.problems), last])
