"""Versions of a study's answer from the command line: shown, and pinned as the official one."""

from typing import TYPE_CHECKING

from liftledger.data import study_and_version
from liftledger.deciding import given, one_result
from liftledger.ledger import opened

if TYPE_CHECKING:
    from storage.diffs import Diff
    from storage.records import Pin, StoredResult


def stored_result(name: str) -> "StoredResult":
    """STUDY@VERSION; of STUDY alone the pinned version, else the newest. Raises UnknownStudy."""
    from storage import results
    from storage.ledger import ledger

    with opened() as url, ledger(url) as session:
        return results.load(session, *study_and_version(name))


def two_results(one: str, other: str) -> "Diff":
    """STUDY@VERSION beside another. Raises UnknownStudy, UnknownResult."""
    from storage import diffs
    from storage.ledger import ledger

    with opened() as url, ledger(url) as session:
        return diffs.diff(session, study_and_version(one), study_and_version(other))


def pin_result(name: str, reason: str) -> "Pin":
    """Make STUDY@VERSION the official one. Raises typer.BadParameter, UnknownResult."""
    from storage import pins
    from storage.ledger import ledger
    from storage.provenance import whoami

    study, version = one_result(name)
    with opened() as url, ledger(url) as session:
        return pins.pin(session, study, version, by=whoami(), reason=given(reason))
