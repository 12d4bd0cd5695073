"""The work of `liftledger verify`: look, and put into words what was found."""

from dataclasses import asdict
from pathlib import Path

from liftledger.data import Done
from liftledger.ledger import opened
from reports.names import counted
from storage.ledger import ledger
from storage.trail import anchors
from storage.trail.verification import Verification
from storage.trail.verification import verify as look


def verified(anchor: Path | None, public_key: Path | None) -> tuple[Verification, Done]:
    """What was found, and how it is said. Raises DatabaseUnavailable, InvalidAnchor."""
    kept = anchors.read(anchor) if anchor else []
    key = anchors.public_key(public_key) if public_key else None
    with opened() as url, ledger(url) as session:
        found = look(session, kept, key)
    facts = {
        "anchored": kept[-1].entries if kept else None,
        "holds": found.holds,
        "entries": found.entries,
        "head": found.head,
        "rows": found.rows,
        "problems": [asdict(problem) for problem in found.problems],
    }
    return found, Done(facts, _text(found, kept))


def _text(found: Verification, kept: list[anchors.Anchor]) -> str:
    entries = counted(found.entries, "entry", "entries")
    looked = f"{entries}, {counted(found.rows, 'recorded row')}"
    if found.holds:
        told = f"{looked}: everything holds; the last hash is {found.head}"
        return told + (f"; the log continues {counted(len(kept), 'anchor')}" if kept else "")
    last = f"{looked}: {counted(len(found.problems), 'problem')}"
    return "\n".join([*map(str, found.problems), last])
