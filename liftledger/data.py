"""What goes into the ledger and what comes out of it, without running anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from liftledger.ending import Failure
from liftledger.ledger import opened

if TYPE_CHECKING:
    from storage.records import ResultSummary


@dataclass(frozen=True)
class Done:
    """What a command did: facts for `--json`, one line for people."""

    facts: Mapping[str, Any]
    text: str


def ingest_file(
    file: Path, panel: str, named: Mapping[str, str | list[str]], *, untreated: bool = False
) -> Done:
    """Load a file as a panel. Raises InvalidFile, InvalidPlan, DatabaseUnavailable.

    named: column of each role; of covariates, a list
    untreated: the file need not say what was treated
    """
    from studies.panels import named_columns

    named_columns(named)  # before a database is started for nothing
    with opened() as url:
        return ingest_into(url, file, panel, named, untreated=untreated)


def ingest_into(
    url: str,
    file: Path,
    panel: str,
    named: Mapping[str, str | list[str]],
    *,
    untreated: bool = False,
) -> Done:
    """The same, into a database that is open already."""
    from storage.ledger import ledger
    from storage.outcomes import ingest, read_file
    from studies.panels import named_columns

    frame = read_file(file, named_columns(named), untreated=untreated)
    with ledger(url) as session:
        done = ingest(session, panel, frame)
    facts = {
        "panel": panel,
        "rows": done.rows,
        "units": done.units,
        "periods": done.periods,
        "covariates": list(done.covariates),
        "replaced": bool(done.replaced),
    }
    text = f"{panel}: {done.rows:,} rows, {done.units:,} units, {done.periods:,} periods"
    if done.covariates:
        text += f", covariates {', '.join(done.covariates)}"
    if done.replaced:
        text += "; what the panel held before is replaced"
    return Done(facts, text)


def register_study(file: Path, reason: str) -> Done:
    """Register a study file. Raises InvalidPlan, DatabaseUnavailable."""
    from studies import load_plan

    load_plan(file)  # before a database is started for nothing
    with opened() as url:
        return register_plan(url, file, reason)


def register_plan(url: str, file: Path, reason: str) -> Done:
    """The same, in a database that is open already."""
    from storage.ledger import ledger
    from storage.provenance import whoami
    from storage.studies import register
    from studies import load_plan

    plan = load_plan(file)
    with ledger(url) as session:
        done = register(session, plan, whoami(), reason)
    facts = {
        "study": done.study,
        "version": done.version,
        "plan_hash": done.plan_hash,
        "created": done.created,
    }
    verb = "registered as" if done.created else "already registered as"
    return Done(facts, f"{file} {verb} {done.study}, plan version {done.version}")


def known_results(study: str | None) -> "list[ResultSummary]":
    """The results of one study or of all, newest first. Raises UnknownStudy."""
    from storage.ledger import ledger
    from storage.summaries import history

    with opened() as url:
        if study is not None:
            require_study(url, study)  # an unknown name is an error, not an empty list
        with ledger(url) as session:
            return history(session, study)


def require_study(url: str, study: str) -> None:
    """Raise UnknownStudy, naming those there are, when no study has this name."""
    from storage.ledger import ledger
    from storage.studies import current

    with ledger(url) as session:
        current(session, study)


def write_report(name: str, output: Path) -> Done:
    """Write the page of STUDY or STUDY@VERSION. Raises UnknownStudy, UnknownResult, Failure."""
    study, version = study_and_version(name)
    with opened() as url:
        return write_page(url, study, version, output)


def write_page(url: str, study: str, version: int | None, output: Path) -> Done:
    """The same, from a database that is open already; all of the file is written or nothing."""
    from reports.page import render
    from storage.ledger import ledger
    from storage.results import load

    with ledger(url) as session:
        result = load(session, study, version)
    write_whole(render(result), output)
    facts = {"study": study, "version": result.version, "path": str(output.resolve())}
    return Done(facts, f"{study}@{result.version} written to {output}")


def write_whole(page: str, output: Path) -> None:
    """All of the file is written or nothing. Raises Failure."""
    unfinished = output.with_name(f".{output.name}.unfinished")
    try:
        unfinished.write_text(page, encoding="utf-8")
        unfinished.replace(output)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise Failure(f"{output} cannot be written: {error.strerror or error}") from error


def study_and_version(name: str) -> tuple[str, int | None]:
    """STUDY or STUDY@VERSION in its parts. Raises UnknownResult for a version that is no number."""
    study, at, version = name.rpartition("@")
    if not at:
        return name, None
    if not version.isdigit():
        from storage.errors import UnknownResult

        raise UnknownResult(f"{name}: a version is a whole number, as in {study}@1")
    return study, int(version)
