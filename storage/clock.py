"""What day it is: by the database's clock, which is one for all machines that use it."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

TODAY = text("SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date")


def today(session: Session) -> date:
    """The day, in UTC: the same whatever time zone the server or the user is in."""
    found: date = session.execute(TODAY).scalar_one()
    return found
