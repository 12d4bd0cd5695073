"""The race from the command line: its options checked, its flow run, its page written."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from liftledger.calibrating import sizes
from liftledger.ledger import opened
from liftledger.running import flow_ready

if TYPE_CHECKING:
    from storage.race_records import StoredRace


def raced(subject: str, wanted: dict[str, Any], treated: str, *, debug: bool) -> "list[StoredRace]":
    """Run the races. Raises typer.BadParameter for options that make none, InvalidFile.

    subject: a study, a panel, or a folder      wanted: parameters of the flow
    treated: units x periods, "" where the design decides
    """
    given = {name: value for name, value in wanted.items() if value not in (None, [], ())}
    if treated:
        given["treated"] = list(sizes(treated).values())
    _check(given)
    if os.sep in subject or Path(subject).is_dir():
        subject = f"{Path(subject).resolve()}{os.sep}"
        _readable(Path(subject))
    with flow_ready(debug=debug, name="flows.race:race") as ready, opened() as url:
        if os.sep not in subject:
            _require_there(url, subject)
        found: list[StoredRace] = ready()(subject, **given)
        return found


def write_races(races: "Sequence[StoredRace]", output: Path) -> None:
    """Write the page; all of the file or nothing. Raises Failure."""
    from liftledger.data import write_whole
    from reports.race_page import render

    write_whole(render(races), output)


def _check(given: dict[str, Any]) -> None:
    """A mistake is said before a database or a server is started for nothing."""
    from estimators import ESTIMATORS, VARIANCES
    from estimators.core.errors import InvalidPanel
    from tasks.race_designs import PARTS, require_possible

    for what, name, known in (
        ("estimator", "estimators", ESTIMATORS),
        ("kind of inference", "kinds", VARIANCES),
        ("part of a simulated panel", "without", PARTS),
    ):
        asked = given.get(name, ())
        if unknown := [key for key in asked if key not in known]:
            raise typer.BadParameter(f"no {what} {unknown[0]!r}; choose from {', '.join(known)}")
        if len(set(asked)) < len(asked):
            raise typer.BadParameter(f"{', '.join(asked)}: each may be given once")
    try:
        require_possible(given)
    except InvalidPanel as error:
        raise typer.BadParameter(str(error)) from error


def _readable(folder: Path) -> None:
    """Every file of it, before anything slow is waited for."""
    from storage.folders import panels_in

    for _ in panels_in(folder):
        pass


def _require_there(url: str, subject: str) -> None:
    """Raise typer.BadParameter, naming what there is, when nothing has this name."""
    from storage.errors import UnknownPanel
    from storage.ledger import ledger
    from storage.panels import pull
    from storage.studies import known
    from tasks.race_grounds import plan_of_panel

    studies: list[str] = []
    try:
        with ledger(url) as session:
            studies += known(session)
            if subject not in studies:
                pull(session, plan_of_panel(subject).panel)
    except UnknownPanel as error:
        raise typer.BadParameter(f"{error}; studies: {', '.join(studies) or 'none'}") from error
