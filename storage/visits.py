"""Visits of the monitor and what they saw, a page at a time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.errors import NotInLedger
from storage.observation_tables import ObservationRow, VisitRow
from storage.observations import Kind, Observation, read


@dataclass(frozen=True)
class Visit:
    """One visit. seen, noticed, refused: how many things were looked at, and of them these"""

    number: int
    at: datetime
    by: str
    seen: int
    noticed: int
    refused: int


def page(session: Session, *, before: int | None = None, limit: int = 50) -> list[Visit]:
    """Visits, newest first: as many, with lower numbers than this one."""
    query = select(VisitRow).order_by(VisitRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(VisitRow.id < before)
    rows = session.scalars(query).all()
    states = _states(session, [row.id for row in rows])
    return [_visit(row, states.get(row.id, {})) for row in rows]


def find(session: Session, number: int) -> tuple[Visit, list[Observation]]:
    """One visit and all that it saw. Raises NotInLedger."""
    row = session.get(VisitRow, number)
    if row is None:
        last = session.scalar(select(func.max(VisitRow.id)))
        told = "nobody has visited yet" if last is None else f"the last visit is {last}"
        raise NotInLedger(f"there is no visit {number}; {told}")
    seen = session.scalars(
        select(ObservationRow).where(ObservationRow.visit_id == number).order_by(ObservationRow.id)
    )
    visit = _visit(row, _states(session, [number]).get(number, {}))
    return visit, [read(one, row.visited_at) for one in seen]


def newest(session: Session, kind: Kind, *, after: str = "", limit: int = 50) -> list[Observation]:
    """The last that was seen of each subject of this kind, by subject, those after this one."""
    last = (
        select(func.max(ObservationRow.id))
        .where(ObservationRow.kind == kind, ObservationRow.subject > after)
        .group_by(ObservationRow.subject)
        .order_by(ObservationRow.subject)
        .limit(limit)
    )
    query = (
        select(ObservationRow, VisitRow.visited_at)
        .join(VisitRow, VisitRow.id == ObservationRow.visit_id)
        .where(ObservationRow.id.in_(last))
        .order_by(ObservationRow.subject)
    )
    return [read(*row) for row in session.execute(query)]


def history(
    session: Session, kind: Kind, subject: str, *, before: int | None = None, limit: int = 50
) -> list[tuple[int, Observation]]:
    """What was seen of one subject, each with the number of its visit, newest first.

    before, limit: as many, of visits with lower numbers
    """
    query = (
        select(ObservationRow, VisitRow.visited_at)
        .join(VisitRow, VisitRow.id == ObservationRow.visit_id)
        .where(ObservationRow.kind == kind, ObservationRow.subject == subject)
        .order_by(ObservationRow.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(ObservationRow.visit_id < before)
    return [(row.visit_id, read(row, at)) for row, at in session.execute(query)]


def _states(session: Session, numbers: Collection[int]) -> dict[int, dict[str, int]]:
    """How many observations of each visit are in which state."""
    query = (
        select(ObservationRow.visit_id, ObservationRow.state, func.count())
        .where(ObservationRow.visit_id.in_(numbers))
        .group_by(ObservationRow.visit_id, ObservationRow.state)
    )
    found: dict[int, dict[str, int]] = {}
    for number, state, count in session.execute(query):
        found.setdefault(number, {})[state] = count
    return found


def _visit(row: VisitRow, states: dict[str, int]) -> Visit:
    return Visit(
        number=row.id,
        at=row.visited_at,
        by=row.requested_by,
        seen=sum(states.values()),
        noticed=states.get("noticed", 0),
        refused=states.get("refused", 0),
    )
