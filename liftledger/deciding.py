"""Decisions from the command line: made, signed off, judged, listed."""

from typing import TYPE_CHECKING

import typer

from liftledger.data import study_and_version
from liftledger.ledger import opened

if TYPE_CHECKING:
    from storage.decision_records import Decision


def decide(name: str, decision: str, reason: str) -> "Decision":
    """Decide about STUDY@VERSION. Raises typer.BadParameter, UnknownStudy, UnknownResult."""
    from storage import decisions
    from storage.decision_tables import DECISIONS
    from storage.ledger import ledger
    from storage.provenance import whoami

    study, version = one_result(name)
    _one_of("decision", decision, DECISIONS)
    with opened() as url, ledger(url) as session:
        return decisions.decide(
            session, study, version, decision, by=whoami(), reason=given(reason)
        )


def sign(name: str, reason: str) -> "Decision":
    """Sign off what was decided. Raises as decide does, and StorageError from the database."""
    from storage import decisions
    from storage.ledger import ledger
    from storage.provenance import whoami

    study, version = one_result(name)
    with opened() as url, ledger(url) as session:
        return decisions.sign_off(session, study, version, by=whoami(), reason=given(reason))


def judge(name: str, outcome: str, reason: str, evidence: str | None) -> "Decision":
    """Say what came of a decision. Raises as sign does."""
    from storage import decisions
    from storage.decision_tables import OUTCOMES
    from storage.ledger import ledger
    from storage.provenance import whoami

    study, version = one_result(name)
    shown_by = None if evidence is None else one_result(evidence)
    _one_of("outcome", outcome, OUTCOMES)
    with opened() as url, ledger(url) as session:
        return decisions.judge(
            session, study, version, outcome, by=whoami(), reason=given(reason), evidence=shown_by
        )


def made(study: str | None) -> "list[Decision]":
    """All decisions, or those about one study's results, newest first. Raises UnknownStudy."""
    from storage import decisions
    from storage.ledger import ledger

    with opened() as url, ledger(url) as session:
        return decisions.listed(session, study)


def one_result(name: str) -> tuple[str, int]:
    """Study and version: what is decided or pinned is one version, whatever is the newest by now.

    Raises typer.BadParameter for a study without a version.
    """
    study, version = study_and_version(name)
    if version is None:
        raise typer.BadParameter(f"say which version of {study}, as in {study}@1")
    return study, version


def given(reason: str) -> str:
    """A reason that says something. Raises typer.BadParameter."""
    if not reason.strip():
        raise typer.BadParameter("give a reason; it is kept in the ledger")
    return reason


def _one_of(what: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        raise typer.BadParameter(f"no {what} {word!r}; choose from {', '.join(known)}")
