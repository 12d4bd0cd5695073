"""Races: batches kept as they end, standings written once and whole, read back as they were.

The same request is the same rows. It names the panel by what was looked at (the outcomes of
untreated cells, and who was treated when), so that no treated outcome can change a race.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from estimators.calibration.summaries import Measured
from estimators.core.panel import Panel
from estimators.race.standings import Intervals, Standing
from storage import audit
from storage.answers import bits
from storage.database import lock
from storage.errors import NotInLedger, StorageError
from storage.json_values import canonical, plain
from storage.provenance import whoami
from storage.race_records import StoredRace
from storage.race_tables import BatchRow, RaceTable, StandingRow
from storage.rows import Grid

NUMBERS = ("rmse", "bias", "relative", "seconds")
COLUMNS = ("design", "estimator", "answered", "refused", "reason", "eligible", "numbers",
           "intervals")  # fmt: skip


@dataclass(frozen=True)
class RaceRequest:
    """A race that is asked for.

    panel: what it is called, no part of the request      settings: JSON-able
    data_hash: of what is looked at (data_hash)      snapshot_hash: the rows that came from
    """

    panel: str
    settings: Mapping[str, Any]
    seed: int
    data_hash: str
    snapshot_hash: str
    code_version: str
    environment_hash: str
    requested_by: str
    request_id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "request_id", self.part(self.settings))

    def part(self, settings: Mapping[str, Any]) -> str:
        """SHA-256 of these settings, and of all else that the race depends on."""
        request = {
            "settings": plain(settings),
            "seed": int(self.seed),
            "data": self.data_hash,
            "code": self.code_version,
            "environment": self.environment_hash,
        }
        return hashlib.sha256(canonical(request).encode()).hexdigest()


def data_hash(panel: Panel | Grid) -> str:
    """SHA-256 of a panel without its treated outcomes: labels, treatment, all other outcomes."""
    looked_at = {
        "units": [str(label) for label in panel.units],
        "periods": [str(label) for label in panel.periods],
        "treatment": bits(panel.treatment.astype(np.float64)),
        "observed": bits(np.isfinite(panel.outcome).astype(np.float64)),
        "outcome": bits(np.where(panel.treatment, np.nan, panel.outcome)),
        "covariates": [list(panel.covariate_names), bits(panel.covariates)],
    }
    return hashlib.sha256(canonical(looked_at).encode()).hexdigest()


def keep_batch(
    session: Session, design: str, first: int, replications: int, content: Mapping[str, Any]
) -> None:
    """Keep what ended. Kept before, it stays as it is.

    design: SHA-256 of all the batch depends on (RaceRequest.part)      content: JSON-able
    """
    lock(session, f"batch:{design}:{first}:{replications}")
    if batch(session, design, first, replications) is not None:
        return
    row = {"design_hash": design, "first": first, "replications": replications,
           "content": plain(content), "content_hash": _sha256(plain(content))}  # fmt: skip
    statement = insert(BatchRow).values(row).returning(BatchRow.id)
    number = session.connection().execute(statement).scalar_one()
    details = {name: row[name] for name in ("first", "replications", "content_hash")}
    audit.record(
        session, "race_batch_kept", design, details, whoami(), row=("race_batches", number)
    )


def batch(session: Session, design: str, first: int, replications: int) -> dict[str, Any] | None:
    """What was kept of these replications. Raises StorageError when it was altered since."""
    row = session.scalars(
        select(BatchRow).where(
            BatchRow.design_hash == design,
            BatchRow.first == first,
            BatchRow.replications == replications,
        )
    ).first()
    if row is None:
        return None
    if _sha256(row.content) != row.content_hash:
        raise _altered(f"batch {first} of race design {design[:12]}")
    return row.content


def save(
    session: Session, request: RaceRequest, standings: Mapping[str, Sequence[Standing]]
) -> bool:
    """Write a race, or find it written; whether it was new. standings: by design."""
    lock(session, f"race:{request.request_id}")
    if find(session, request.request_id) is not None:
        return False
    rows = [_row(design, one) for design, found in standings.items() for one in found]
    content = _digest(rows)
    row = {
        "request_id": request.request_id,
        "panel": request.panel,
        "settings": plain(request.settings),
        "data_hash": request.data_hash,
        "snapshot_hash": request.snapshot_hash,
        "code_version": request.code_version,
        "environment_hash": request.environment_hash,
        "seed": int(request.seed),
        "requested_by": request.requested_by,
        "content_hash": content,
    }
    statement = insert(RaceTable).values(row).returning(RaceTable.id)
    number = session.connection().execute(statement).scalar_one()
    numbered = [{"race_id": number, "position": k, **one} for k, one in enumerate(rows)]
    session.connection().execute(insert(StandingRow), numbered)
    details = {"request_id": request.request_id, "content_hash": content}
    by = request.requested_by
    audit.record(session, "race_saved", request.panel, details, by, row=("races", number))
    return True


def find(session: Session, request: str) -> StoredRace | None:
    """The race of this request, if it was run. Raises StorageError when it was altered since."""
    row = session.scalars(select(RaceTable).where(RaceTable.request_id == request)).first()
    return None if row is None else read(session, row)


def page(
    session: Session, *, before: int | None = None, limit: int = 50
) -> list[tuple[int, StoredRace]]:
    """Races with their numbers, newest first: as many, with lower numbers than this one."""
    query = select(RaceTable).order_by(RaceTable.id.desc()).limit(limit)
    if before is not None:
        query = query.where(RaceTable.id < before)
    return [(row.id, read(session, row)) for row in session.scalars(query).all()]


def numbered(session: Session, number: int) -> StoredRace:
    """The race of this number. Raises NotInLedger, and StorageError when it was altered since."""
    row = session.get(RaceTable, number)
    if row is None:
        raise NotInLedger(f"there is no race {number}; `liftledger race` runs one")
    return read(session, row)


def read(session: Session, row: RaceTable) -> StoredRace:
    """A race with its standings. Raises StorageError when they are not what was saved."""
    found = session.scalars(
        select(StandingRow).where(StandingRow.race_id == row.id).order_by(StandingRow.position)
    )
    rows = [{name: getattr(one, name) for name in COLUMNS} for one in found]
    if _digest(rows) != row.content_hash:
        raise _altered(f"race {row.request_id[:12]}")
    standings: dict[str, tuple[Standing, ...]] = {}
    for one in rows:
        standings[one["design"]] = (*standings.get(one["design"], ()), _standing(one))
    return StoredRace(
        request_id=row.request_id,
        panel=row.panel,
        settings=row.settings,
        data_hash=row.data_hash,
        snapshot_hash=row.snapshot_hash,
        code_version=row.code_version,
        environment_hash=row.environment_hash,
        seed=row.seed,
        requested_by=row.requested_by,
        created_at=row.saved_at,
        content_hash=row.content_hash,
        standings=standings,
    )


def _row(design: str, one: Standing) -> dict[str, Any]:
    """A standing as it is stored: what there is of its numbers, by name."""
    numbers = {name: getattr(one, name) for name in NUMBERS}
    row = {name: getattr(one, name) for name in COLUMNS if name not in ("design", "numbers")}
    known = {name: number for name, number in numbers.items() if number is not None}
    found: dict[str, Any] = plain({"design": design, **row, "numbers": known})
    return found


def _standing(stored: Mapping[str, Any]) -> Standing:
    words = {name: stored[name] for name in COLUMNS if name not in ("design", "numbers")}
    intervals = {
        kind: Intervals(**one | {name: _measured(one[name]) for name in ("coverage", "length")})
        for kind, one in stored["intervals"].items()
    }
    numbers = {
        name: number if name == "seconds" else _measured(number)
        for name, number in stored["numbers"].items()
    }
    return Standing(**{**words, **numbers, "intervals": intervals})


def _measured(stored: Mapping[str, Any] | None) -> Measured | None:
    """A number and its error; infinity is a word in JSON."""
    if stored is None:
        return None
    return Measured(float(stored["value"]), stored["error"])


def _digest(standings: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 over every number as it is written."""
    return hashlib.sha256("\n".join(map(canonical, standings)).encode()).hexdigest()


def _sha256(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _altered(what: str) -> StorageError:
    return StorageError(
        f"{what} is not what was saved: its content has another hash than the one on record; "
        "the audit log shows what was saved"
    )
