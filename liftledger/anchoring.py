"""The work of `liftledger anchor`: sign head and length of the log, and keep them elsewhere."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from liftledger.data import Done
from liftledger.ending import Failure
from liftledger.ledger import opened
from reports.names import counted
from storage import audit
from storage.ledger import ledger
from storage.trail import anchors


def made(file: Path) -> Done:
    """A new pair of keys. Raises InvalidAnchor."""
    public = anchors.make_key(file)
    facts = {"private": str(file), "public": str(public)}
    return Done(facts, f"{file} is the private key, {public} what anchors are verified with")


def anchored(key: Path, to: Path | None) -> Done:
    """The log as it is now, signed. Raises InvalidAnchor, Failure, DatabaseUnavailable.

    to: a file to which a line is added; None: nothing is written
    """
    signing = anchors.private_key(key)
    with opened() as url, ledger(url) as session:
        entries, head = audit.head(session)
    made = anchors.anchor(entries, head, signing)
    if to is None:
        return Done(asdict(made), made.line.rstrip())
    try:
        with to.open("a", encoding="utf-8") as kept:
            kept.write(made.line)
            kept.flush()
            os.fsync(kept.fileno())
    except OSError as error:
        raise Failure(f"{to} cannot be written: {error.strerror or error}") from error
    said = f"{counted(entries, 'entry', 'entries')} anchored in {to}"
    return Done(json.loads(made.line) | {"path": str(to.resolve())}, said)
