"""Commands about the trail: whether the ledger holds."""

import typer

from liftledger.showing import AsJson, show


def verify(as_json: AsJson = False) -> None:
    """Does the ledger still hold? Every link of its log, and every row the log records.

    What is broken is said entry by entry, and the command exits 1. What only an anchor shows (the
    end cut off, all of history replaced) is listed in docs/trail.md.

    Example: liftledger verify
    """
    from liftledger.verifying import verified

    found, done = verified()
    show(done.facts, done.text, as_json)
    raise typer.Exit(0 if found.holds else 1)
