"""Exams: written once, whole, in one transaction; read back as they were, or not at all.

As a result is its request, so is an exam: the same settings, code and environment, and on a panel
of one's own the same plan and data, are the same row.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from estimators.calibration.summaries import Covered, Measured, Score
from storage import audit
from storage.calibration_tables import CalibrationTable, ScoreRow
from storage.database import lock
from storage.errors import NotInLedger, StorageError
from storage.json_values import canonical, plain
from storage.records import StoredCalibration


@dataclass(frozen=True)
class OwnPanel:
    """Whose panel an exam was sat on."""

    study: str
    plan_version: int
    plan_hash: str
    snapshot_hash: str


@dataclass(frozen=True)
class CalibrationRequest:
    """An exam that is asked for.

    settings: JSON-able, everything it depends on but code, environment and panel
    own: the panel it is sat on; None for simulated ones
    """

    settings: Mapping[str, Any]
    seed: int
    code_version: str
    environment_hash: str
    requested_by: str
    own: OwnPanel | None = None
    request_id: str = field(init=False)

    def __post_init__(self) -> None:
        request = {
            "settings": plain(self.settings),
            "seed": int(self.seed),
            "code": self.code_version,
            "environment": self.environment_hash,
            "panel": plain(self.own),
        }
        sha256 = hashlib.sha256(canonical(request).encode()).hexdigest()
        object.__setattr__(self, "request_id", sha256)


def find(session: Session, request: str) -> StoredCalibration | None:
    """The exam of this request, if it was sat. Raises StorageError when it was altered since."""
    row = session.scalars(
        select(CalibrationTable).where(CalibrationTable.request_id == request)
    ).first()
    return None if row is None else _read(session, row)


def newest(session: Session, study: str, snapshot_hash: str) -> StoredCalibration | None:
    """The exam last sat on this study's panel as it was in this snapshot, if there is one."""
    row = session.scalars(
        select(CalibrationTable)
        .where(CalibrationTable.study == study, CalibrationTable.snapshot_hash == snapshot_hash)
        .order_by(CalibrationTable.id.desc())
        .limit(1)
    ).first()
    return None if row is None else _read(session, row)


def page(
    session: Session, *, before: int | None = None, limit: int = 50
) -> list[tuple[int, StoredCalibration]]:
    """Exams with their numbers, newest first: as many, with lower numbers than this one."""
    query = select(CalibrationTable).order_by(CalibrationTable.id.desc()).limit(limit)
    if before is not None:
        query = query.where(CalibrationTable.id < before)
    return [(row.id, _read(session, row)) for row in session.scalars(query).all()]


def numbered(session: Session, number: int) -> StoredCalibration:
    """The exam of this number. Raises NotInLedger, and StorageError when it was altered since."""
    row = session.get(CalibrationTable, number)
    if row is None:
        raise NotInLedger(f"there is no exam {number}; `liftledger calibrate` sits one")
    return _read(session, row)


def save(session: Session, exam: CalibrationRequest, scores: Sequence[Score]) -> bool:
    """Write an exam, or find it written; whether it was new."""
    lock(session, f"calibration:{exam.request_id}")
    if find(session, exam.request_id) is not None:
        return False
    rows = [plain(score) for score in scores]
    content = _digest(rows)
    row = {
        "request_id": exam.request_id,
        "settings": plain(exam.settings),
        **(plain(exam.own) or dict.fromkeys(OwnPanel.__dataclass_fields__)),
        "code_version": exam.code_version,
        "environment_hash": exam.environment_hash,
        "seed": int(exam.seed),
        "requested_by": exam.requested_by,
        "content_hash": content,
    }
    statement = insert(CalibrationTable).values(row).returning(CalibrationTable.id)
    number = session.connection().execute(statement).scalar_one()
    numbered = [{"calibration_id": number, "position": k, **one} for k, one in enumerate(rows)]
    session.connection().execute(insert(ScoreRow), numbered)
    subject = exam.own.study if exam.own else "simulated panels"
    details = {"request_id": exam.request_id, "content_hash": content}
    by, key = exam.requested_by, ("calibrations", number)
    audit.record(session, "calibration_saved", subject, details, by, row=key)
    return True


def _read(session: Session, row: CalibrationTable) -> StoredCalibration:
    found = session.scalars(
        select(ScoreRow).where(ScoreRow.calibration_id == row.id).order_by(ScoreRow.position)
    )
    names = Score.__dataclass_fields__
    scores = [{name: getattr(one, name) for name in names} for one in found]
    if _digest(scores) != row.content_hash:
        raise StorageError(
            f"calibration {row.request_id[:12]} is not what was saved: its content has another "
            "hash than the one on record; the audit log shows what was saved"
        )
    return StoredCalibration(
        request_id=row.request_id,
        settings=row.settings,
        study=row.study,
        plan_version=row.plan_version,
        snapshot_hash=row.snapshot_hash,
        code_version=row.code_version,
        environment_hash=row.environment_hash,
        seed=row.seed,
        requested_by=row.requested_by,
        created_at=row.saved_at,
        scores=tuple(_score(one) for one in scores),
    )


def _score(stored: Mapping[str, Any]) -> Score:
    numbers = {name: Measured(**one) for name, one in stored["numbers"].items()}
    groups = {
        name: tuple(Covered(**one) for one in parts) for name, parts in stored["groups"].items()
    }
    return Score(**{**stored, "numbers": numbers, "groups": groups})


def _digest(scores: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 over every number as it is written."""
    return hashlib.sha256("\n".join(map(canonical, scores)).encode()).hexdigest()
