"""The promotion calendar: what was promoted where and when, every version of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import ValidationError
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from storage import audit
from storage.database import lock
from storage.errors import ReasonMissing, StorageError, UnknownPromotion
from storage.promotion_tables import PromotionRow
from storage.version_records import PromotionVersion
from studies.promotions import Promotion

NAMED = 20  # promotions listed when one is unknown


@dataclass(frozen=True)
class Entered:
    """A promotion on record. created: false when it was the current one already."""

    promotion: str
    version: int
    details_hash: str
    created: bool


def register(session: Session, promotion: Promotion, by: str, reason: str = "") -> Entered:
    """Enter a promotion: the next version, unless it is what the calendar says already.

    Raises ReasonMissing when it changes one that is there and nobody says why.
    """
    return register_all(session, [promotion], by, reason)[0]


def register_all(
    session: Session, promotions: Iterable[Promotion], by: str, reason: str = ""
) -> list[Entered]:
    """The same for many: all of them or none. One ReasonMissing names every one that changes."""
    lock(session, "promotions")
    known = {row.promotion: row for row in _latest(session)}
    done, rows, changed = [], [], []
    for promotion in promotions:
        latest = known.get(promotion.promotion)
        sha256 = promotion.sha256()
        if latest is not None and latest.details_hash == sha256:
            done.append(Entered(promotion.promotion, latest.version, sha256, created=False))
            continue
        if latest is not None:
            changed.append((promotion.promotion, latest.version))
        version = 1 if latest is None else latest.version + 1
        done.append(Entered(promotion.promotion, version, sha256, created=True))
        rows.append(
            {
                "promotion": promotion.promotion,
                "version": version,
                "details": promotion.details(),
                "details_hash": sha256,
                "registered_by": by,
                "reason": reason.strip(),
            }
        )
    if changed and not reason.strip():
        raise _no_reason(changed)
    if rows:
        session.connection().execute(insert(PromotionRow), rows)
    for row in rows:
        details = {"details_hash": row["details_hash"], "reason": row["reason"]}
        subject = f"{row['promotion']}@{row['version']}"
        key = ("promotions", row["promotion"], row["version"])
        audit.record(session, "promotion_registered", subject, details, by, row=key)
    return done


def current(session: Session, name: str) -> tuple[Promotion, int, str]:
    """(promotion, version, hash of its details) as the calendar has it now.

    Raises UnknownPromotion, and StorageError for one that another release wrote.
    """
    row = session.scalars(
        select(PromotionRow)
        .where(PromotionRow.promotion == name)
        .order_by(PromotionRow.version.desc())
        .limit(1)
    ).first()
    if row is None:
        raise _unknown(session, name)
    return _read(row), row.version, row.details_hash


def all_current(session: Session) -> list[tuple[Promotion, int]]:
    """(promotion, version) of every promotion as the calendar has it now, by name."""
    return [(_read(row), row.version) for row in _latest(session)]


def newest(session: Session) -> list[PromotionVersion]:
    """The current version of every promotion, with who entered it and why, by name."""
    return [_version(row) for row in _latest(session)]


def running_or_ended(session: Session, today: date | None = None) -> list[tuple[Promotion, int]]:
    """Those that have started and were not cancelled, by name.

    With them those whose dates are whole numbers: only a panel says whether they have started.
    """
    states = ("running", "ended", "undated")
    on = today or datetime.now().astimezone().date()
    return [one for one in all_current(session) if one[0].state(on) in states]


def history(session: Session, name: str) -> list[PromotionVersion]:
    """Every version of a promotion, oldest first. Raises UnknownPromotion."""
    rows = session.scalars(
        select(PromotionRow).where(PromotionRow.promotion == name).order_by(PromotionRow.version)
    ).all()
    if not rows:
        raise _unknown(session, name)
    return [_version(row) for row in rows]


def _latest(session: Session) -> list[PromotionRow]:
    newest = (
        select(PromotionRow)
        .distinct(PromotionRow.promotion)
        .order_by(PromotionRow.promotion, PromotionRow.version.desc())
    )
    return list(session.scalars(newest))


def _version(row: PromotionRow) -> PromotionVersion:
    return PromotionVersion(
        _read(row),
        row.version,
        row.details_hash,
        row.registered_by,
        row.reason,
        row.registered_at,
    )


def _read(row: PromotionRow) -> Promotion:
    try:
        return Promotion.model_validate({"promotion": row.promotion, **row.details})
    except ValidationError as error:
        keys = ", ".join(".".join(map(str, mistake["loc"])) for mistake in error.errors())
        raise StorageError(
            f"version {row.version} of promotion {row.promotion} says what this release does not "
            f"know ({keys}); read it with the release that registered it, or enter it anew"
        ) from error


def _unknown(session: Session, name: str) -> UnknownPromotion:
    names = [row.promotion for row in _latest(session)]
    listed = ", ".join(names[:NAMED]) + (" ..." if len(names) > NAMED else "")
    return UnknownPromotion(
        f"no promotion {name!r} is in the calendar; in it: {listed or 'none'}. "
        "`liftledger promotions FILE.csv` brings a calendar in"
    )


def _no_reason(changed: list[tuple[str, int]]) -> ReasonMissing:
    listed = ", ".join(f"{name} (version {version})" for name, version in changed[:NAMED])
    more = f" and {len(changed) - NAMED} more" if len(changed) > NAMED else ""
    return ReasonMissing(
        f"{len(changed)} promotions would change: {listed}{more}; nothing was changed. "
        "Say why with --reason"
    )
