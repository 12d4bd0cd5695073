"""What may be asked in an address: parameters that pages and the API share."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from storage import observations
from storage.log import LogFilter

LARGEST = 2**31 - 1  # of a column of type integer
LINES = 50  # of a list on one page
REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is logged in."},
    404: {"description": "Not in the ledger; `error` says what is."},
    409: {"description": "The ledger refused; `error` says why."},
    503: {"description": "The database does not answer."},
}

Study = Annotated[str, Path(description="Name of a study.", max_length=63)]
Version = Annotated[int, Path(description="Version of its result.", ge=1, le=LARGEST)]
Before = Annotated[
    int | None, Query(description="Only what has a lower number than this.", ge=1, le=2**63 - 1)
]
Number = Annotated[int, Path(description="Its number.", ge=1, le=2**63 - 1)]
One = Annotated[int, Query(description="Version of a result.", ge=1, le=LARGEST)]
Other = Annotated[int, Query(description="The version it is compared with.", ge=1, le=LARGEST)]
Kind = Annotated[observations.Kind, Path(description="What kind of thing is looked at.")]
Subject = Annotated[str, Query(description="What was looked at, as it is called.", max_length=500)]
Limit = Annotated[int, Query(description="How many.", ge=1, le=500)]
Text = Annotated[str, Query(max_length=200)]


def ledger(request: Request) -> Any:
    """What opens a transaction on the ledger."""
    return request.app.state.ledger


Ledger = Annotated[Any, Depends(ledger)]


def log_filter(
    who: Text = "",
    what: Text = "",
    subject: Text = "",
    since: date | None = None,
    until: date | None = None,
) -> LogFilter:
    """Days are those of UTC; the last one counts whole."""
    return LogFilter(
        who=who.strip(),
        what=what.strip(),
        subject=subject.strip(),
        since=None if since is None else _midnight(since),
        until=None if until is None or until == date.max else _midnight(until + timedelta(days=1)),
    )


Wanted = Annotated[LogFilter, Depends(log_filter)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
