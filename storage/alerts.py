"""Alerts: what needs somebody's eye, raised once for as long as it is open.

    raised ─→ open ─→ acknowledged ─→ resolved         silenced: not delivered until a moment

An alert is open until it is resolved, by whoever finds that what it said is over. Of one kind and
key one is open at a time; when it comes up again after that it is the next occasion. The newest
silence of an alert or of its kind counts; one whose moment has passed is none.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import Session

from storage import audit
from storage.alert_records import ACKNOWLEDGED, RESOLVED, SILENCED, Action, Alert
from storage.alert_tables import ActionRow, AlertRow
from storage.database import lock
from storage.errors import StorageError, UnknownAlert
from storage.json_values import plain
from storage.provenance import whoami

ALERTS = "alerts"  # the lock: one for all, so that a transaction may raise several


def come_first(session: Session) -> None:
    """Take the lock of alerts before the audit log's, in a transaction that records something else
    before it raises: two that took them crosswise would wait for each other."""
    lock(session, ALERTS)


def raise_alert(
    session: Session,
    kind: str,
    subject: str,
    details: Mapping[str, object],
    key: str,
    by: str = "",
) -> int:
    """The number of the open alert of this kind and key; it is written when there is none.

    kind: data_late, data_restated, run_failed, effect_harmful, calibration_off, ...
    subject: study, panel or promotion    details: JSON-able; `message` is the sentence people read
    key: what it is about, exactly; the same alert again while it is open adds nothing
    It writes to the audit log: make it the last act of the transaction.
    """
    lock(session, ALERTS)
    last = _last(session, kind, key)
    if last is not None and not _is_resolved(session, last.id):
        return last.id
    row = {
        "kind": kind,
        "key": key,
        "occasion": 1 if last is None else last.occasion + 1,
        "subject": subject,
        "details": plain(details),
        "raised_by": by or whoami(),
    }
    number: int = (
        session.connection()
        .execute(insert(AlertRow).values(row).returning(AlertRow.id))
        .scalar_one()
    )
    told = {"kind": kind, "key": key, "alert": number, "details": details}
    audit.record(session, "alert_raised", subject, told, row["raised_by"], row=("alerts", number))
    return number


def resolve_alert(session: Session, kind: str, key: str, reason: str, by: str = "") -> int | None:
    """Write that what the open alert of this kind and key says is over; None: none is open.

    For whoever raised it and finds it gone: data arrived, a run succeeded. Last act, as above.
    """
    lock(session, ALERTS)
    last = _last(session, kind, key)
    if last is None or _is_resolved(session, last.id):
        return None
    _act(session, last, RESOLVED, reason, by or whoami())
    return last.id


def acknowledge(session: Session, number: int, reason: str, by: str) -> None:
    """Somebody takes it on: it is delivered no more. Raises UnknownAlert, StorageError."""
    _act(session, _open(session, number), ACKNOWLEDGED, reason, by)


def resolve(session: Session, number: int, reason: str, by: str) -> None:
    """Somebody says that it is over. Raises UnknownAlert, StorageError."""
    _act(session, _open(session, number), RESOLVED, reason, by)


def silence(session: Session, about: int | str, until: datetime, reason: str, by: str) -> None:
    """Do not deliver this alert, or this kind of alert, before that moment.

    An earlier moment than now ends a silence. Raises UnknownAlert, StorageError.
    """
    if isinstance(about, int):
        _act(session, _open(session, about), SILENCED, reason, by, until)
        return
    kinds = session.scalars(select(AlertRow.kind).distinct().order_by(AlertRow.kind)).all()
    if about not in kinds:
        listed = ", ".join(kinds) or "none was raised yet"
        raise StorageError(f"no alert of the kind {about!r} was ever raised; kinds: {listed}")
    row = {"kind": about, "action": SILENCED, "reason": reason, "until": until, "done_by": by}
    key = _written(session, row)
    told = {"reason": reason, "until": until.isoformat()}
    audit.record(session, "alerts_silenced", about, told, by, row=key)


def find(session: Session, number: int) -> Alert:
    """One alert. Raises UnknownAlert."""
    row = session.get(AlertRow, number)
    if row is None:
        raise _unknown(session, number)
    return _read(session, [row])[0]


def known(
    session: Session,
    *,
    closed: bool = False,
    before: int | None = None,
    limit: int | None = None,
) -> list[Alert]:
    """Alerts that are open, newest first.

    closed: those that were resolved, too      before, limit: as many, with lower numbers
    """
    query = select(AlertRow).order_by(AlertRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AlertRow.id < before)
    if not closed:
        query = query.where(~_resolved_row())
    return _read(session, session.scalars(query).all())


def open_counts(session: Session, studies: Collection[str]) -> dict[str, int]:
    """How many open alerts are about each of these studies, or about one result of it."""
    study = func.split_part(AlertRow.subject, "@", 1)
    query = select(study, func.count()).where(study.in_(studies), ~_resolved_row()).group_by(study)
    return dict(session.execute(query).tuples().all())


def now(session: Session) -> datetime:
    """The database's clock, by which silences end."""
    return session.execute(select(func.clock_timestamp())).scalar_one()


def _last(session: Session, kind: str, key: str) -> AlertRow | None:
    return session.scalars(
        select(AlertRow)
        .where(AlertRow.kind == kind, AlertRow.key == key)
        .order_by(AlertRow.occasion.desc())
        .limit(1)
    ).first()


def _resolved_row() -> ColumnElement[bool]:
    """Whether the alert of a query's row is resolved."""
    over = select(ActionRow.id).where(
        ActionRow.alert_id == AlertRow.id, ActionRow.action == RESOLVED
    )
    return over.exists()


def _is_resolved(session: Session, number: int) -> bool:
    query = select(ActionRow.id).where(ActionRow.alert_id == number, ActionRow.action == RESOLVED)
    return session.scalar(query) is not None


def _open(session: Session, number: int) -> AlertRow:
    lock(session, ALERTS)
    row = session.get(AlertRow, number)
    if row is None:
        raise _unknown(session, number)
    if _is_resolved(session, number):
        raise StorageError(
            f"alert {number} is resolved already; `liftledger alerts` lists those open"
        )
    return row


def _act(
    session: Session,
    alert: AlertRow,
    action: str,
    reason: str,
    by: str,
    until: datetime | None = None,
) -> None:
    row = {"alert_id": alert.id, "action": action, "reason": reason, "until": until, "done_by": by}
    key = _written(session, row)
    told: dict[str, object] = {"alert": alert.id, "kind": alert.kind, "reason": reason}
    if until is not None:
        told["until"] = until.isoformat()
    audit.record(session, f"alert_{action}", alert.subject, told, by, row=key)


def _written(session: Session, row: dict[str, object]) -> tuple[str, int]:
    """An action, and how the audit log names it."""
    statement = insert(ActionRow).values(row).returning(ActionRow.id)
    return "alert_actions", session.connection().execute(statement).scalar_one()


def _read(session: Session, rows: Sequence[AlertRow]) -> list[Alert]:
    """Alerts with what was done about each, in the order given."""
    numbers, kinds = {row.id for row in rows}, {row.kind for row in rows}
    done = session.scalars(
        select(ActionRow)
        .where(ActionRow.alert_id.in_(numbers) | ActionRow.kind.in_(kinds))
        .order_by(ActionRow.id)
    ).all()
    return [
        Alert(
            row.id, row.kind, row.key, row.occasion, row.subject, row.details,
            row.raised_by, row.raised_at,
            tuple(
                Action(one.action, one.reason, one.done_by, one.done_at, one.until)
                for one in done
                if one.alert_id == row.id or one.kind == row.kind
            ),
        )
        for row in rows
    ]  # fmt: skip


def _unknown(session: Session, number: int) -> UnknownAlert:
    listed = ", ".join(str(one.id) for one in known(session)[:20])
    return UnknownAlert(f"no alert has the number {number}; open: {listed or 'none'}")
