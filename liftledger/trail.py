"""Commands about the trail: whether the ledger holds, and where it was."""

from pathlib import Path
from typing import Annotated

import typer

from liftledger.showing import AsJson, show

Key = Annotated[
    Path | None,
    typer.Option(help="The private key (PEM), kept away from the database.",
                 envvar="LIFTLEDGER_ANCHOR_KEY"),
]  # fmt: skip


def verify(
    anchor: Annotated[
        Path | None, typer.Option(help="Anchors kept elsewhere: the log must continue each.")
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(help="What the anchors were signed with (PEM).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Does the ledger still hold? Every link of its log, and every row the log records.

    What is broken is said entry by entry, and the command exits 1. What only an anchor shows (the
    end cut off, all of history replaced) is listed in docs/trail.md.

    Example: liftledger verify --anchor anchors.jsonl --public-key anchor.pem.pub
    """
    from liftledger.verifying import verified

    if (anchor is None) != (public_key is None):
        raise typer.BadParameter("--anchor and --public-key go together: who signed is the point")
    found, done = verified(anchor, public_key)
    show(done.facts, done.text, as_json)
    raise typer.Exit(0 if found.holds else 1)


def anchor(
    key: Key = None,
    to: Annotated[
        Path | None, typer.Option(help="A file out of the database's reach; one line is added.")
    ] = None,
    new_key: Annotated[
        Path | None, typer.Option(help="Make a key here, and FILE.pub beside it, and stop.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Sign where the log is now: number and hash of its last entry (Ed25519).

    Kept where whoever can write to the database cannot, an anchor shows that the end of the log was
    cut off, or that it was written anew. Anchor often: what came after the last one is not covered.

    Example: liftledger anchor --key anchor.pem --to /mnt/elsewhere/anchors.jsonl
    """
    from liftledger.anchoring import anchored, made

    if new_key is not None:
        done = made(new_key)
    elif key is not None:
        done = anchored(key, to)
    else:
        raise typer.BadParameter("a key is needed: --key FILE, or --new-key FILE to make one")
    show(done.facts, done.text, as_json)


def export(
    study: Annotated[str, typer.Argument(help="STUDY, or STUDY@VERSION; the newest by default.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A folder, or FILE.zip; nothing is overwritten.")
    ],
    anchor: Annotated[
        Path | None, typer.Option(help="Anchors kept elsewhere; the one that covers it goes along.")
    ] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Write one result as a bundle that can be checked without the database and without Liftledger.

    Report, JSON and Parquet; the rows of the ledger about it and the part of the log that records
    them; lineage; a verifier of less than 200 lines. With a key, the list of its files is signed.
    That it was exported is an entry of the log.

    Example: liftledger export prop99@1 -o prop99.zip --anchor anchors.jsonl
    """
    from liftledger.exporting import exported

    done = exported(study, output, anchor, key)
    show(done.facts, done.text, as_json)
