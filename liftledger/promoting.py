"""The promotion calendar from the command line: brought in, and listed."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from liftledger.ledger import opened
from liftledger.showing import AsJson, show

if TYPE_CHECKING:
    from reports.calendar import Change
    from storage.version_records import PromotionVersion
    from studies.overlapping import Pair
    from studies.promotions import Promotion


def promotions(
    file: Annotated[
        Path | None, typer.Argument(help="A calendar (CSV); without one the calendar is listed.")
    ] = None,
    relation: Annotated[
        str | None, typer.Option(help="A calendar in the database: a table or view.")
    ] = None,
    query: Annotated[str | None, typer.Option(help="A calendar in the database: a query.")] = None,
    reason: Annotated[
        str, typer.Option(help="Why promotions on record change, kept in the ledger.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List the promotion calendar, or bring one in.

    Columns are promotion, unit, start, end, and where there are any product, segment, actual_start,
    actual_end (or planned_start, planned_end), cancelled: one row per promotion and unit. All of it
    is taken or nothing. A promotion that did not change is no new version; one that changed needs a
    reason; one that the file does not name stays as it is.

    Example: liftledger promotions examples/calendar.csv
    """
    given = [one for one in (file, relation, query) if one is not None]
    if len(given) > 1:
        raise typer.BadParameter("give one calendar: a file, --relation or --query")
    from reports import calendar

    today = datetime.now().astimezone().date()
    if not given:
        known = in_the_calendar()
        show(calendar.to_json(known, today), calendar.table(known, today), as_json)
        return
    done, pairs = brought_in(file, relation or "", query or "", reason, today)
    show(calendar.done_json(done, pairs), calendar.done_text(done, pairs), as_json)


def in_the_calendar() -> "list[PromotionVersion]":
    """The current version of every promotion, by name."""
    from storage import promotions as stored
    from storage.ledger import ledger

    with opened() as url, ledger(url) as session:
        return stored.newest(session)


def brought_in(
    file: Path | None, relation: str, query: str, reason: str, today: date
) -> "tuple[list[Change], list[Pair]]":
    """Enter a calendar; what became of each promotion, and which overlap.

    Raises InvalidFile, InvalidSource, ReasonMissing, DatabaseUnavailable.
    """
    from storage import calendars
    from storage.ledger import ledger

    found = calendars.read_file(file) if file else None  # before a database is started for nothing
    with opened() as url, ledger(url) as session:
        if found is None:
            found = calendars.pull(session, relation=relation, query=query)
        return entered(session, found, reason, today)


def entered(
    session: Any, found: "list[Promotion]", reason: str, today: date
) -> "tuple[list[Change], list[Pair]]":
    """The same of promotions that were read, in this transaction."""
    from reports.calendar import Change
    from storage import promotions as stored
    from storage.provenance import whoami
    from studies.overlapping import overlapping

    before = {one.promotion: one for one, _ in stored.all_current(session)}
    done = stored.register_all(session, found, whoami(), reason)
    after = [one for one, _ in stored.all_current(session)]
    changes = [
        Change(one, before.get(one.promotion), entry.version, entry.created, today)
        for one, entry in zip(found, done, strict=True)
    ]
    created = [change.promotion for change in changes if change.created]
    return changes, overlapping(created, after)
