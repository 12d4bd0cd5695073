"""Answers: written once, whole, in one transaction; read back as they were, or not at all.

The id of a result is the hash of its request, so the same request is the same row however often
and from however many places it is made. Versions count the results of a study; a lock per study
hands them out, and two unique constraints stand behind it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from estimators.core.designs import Dropped
from estimators.core.fit import Estimate, Refusal
from estimators.core.panel import Panel
from storage import (
    audit,
    calibrations,
    choices,
    decisions,
    pins,
    placing,
    restatements,
    snapshots,
    studies,
    summaries,
)
from storage.answers import digest, stored
from storage.asked import asked_by
from storage.database import lock
from storage.errors import StorageError
from storage.estimates import read, write
from storage.json_values import canonical
from storage.labels import label_text
from storage.leaving_out import from_json, leave_out, to_json
from storage.provenance import machine
from storage.records import StoredResult
from storage.rows import to_panel, without
from storage.tables import Result
from storage.versions import newest, numbered
from studies import Plan
from studies.placing import Placed


@dataclass(frozen=True, eq=False)
class Analysis:
    """Everything one run found out, about to be written.

    panel: what the estimators saw: the snapshot without the donors the plan excludes, and without
        what was dropped
    answers: by key of the estimator, in the order of the plan
    dropped: what the plan lets go for want of a comparison
    placed: where the promotion of the study lies in the panel; None where it names none
    """

    request_id: str
    study: str
    plan_version: int
    plan_hash: str
    snapshot_hash: str
    code_version: str
    environment_hash: str
    seed: int
    requested_by: str
    reason: str
    validation_id: int
    panel: Panel
    answers: Mapping[str, Estimate | Refusal]
    dropped: Dropped | None = None
    placed: Placed | None = None


def request_id(
    plan_hash: str,
    snapshot_hash: str,
    code_version: str,
    environment_hash: str,
    seed: int,
    study: str,
    promotion: Mapping[str, Any] | None = None,
    linked: Mapping[str, str] | None = None,
) -> str:
    """SHA-256 of everything an answer depends on: the id of the result.

    promotion: where it lies, as JSON, in a study that names one
    linked: hash of the snapshot of each linked outcome, by name
    """
    request: dict[str, Any] = {
        "plan": plan_hash,
        "snapshot": snapshot_hash,
        "code": code_version,
        "environment": environment_hash,
        "seed": int(seed),
        "study": study,
    }
    if promotion is not None:  # requests that name none have the id they always had
        request["promotion"] = promotion
    if linked:
        request["linked"] = linked
    return hashlib.sha256(canonical(request).encode()).hexdigest()


def find_again(session: Session, request: str, by: str, reason: str) -> int | None:
    """The version that answered this request, with an entry that it was asked again, or None.

    What was asked for is not written twice; that somebody asked, why, and that the data were still
    the same would be known to nobody.
    """
    row = session.execute(
        select(Result.study, Result.version, Result.snapshot_hash).where(
            Result.request_id == request
        )
    ).first()
    if row is None:
        return None
    details = {"request_id": request, "snapshot_hash": row.snapshot_hash, "reason": reason}
    audit.record(session, "answer_found", f"{row.study}@{row.version}", details, by)
    return int(row.version)


def save(session: Session, analysis: Analysis) -> tuple[str, int, bool]:
    """Write an answer, or find it written: (result id, version, created).

    Raises StorageError when the snapshot is not the panel that was analysed: such a result could
    never be replayed.
    """
    lock(session, f"results:{analysis.study}")
    asked, by = analysis.request_id, analysis.requested_by
    if known := find_again(session, asked, by, analysis.reason):
        return asked, known, False
    _refuse_other_panel(session, analysis)
    choice = choices.hash_of(session, analysis.request_id)
    estimates = [stored(key, answer) for key, answer in analysis.answers.items()]
    dropped, placed = to_json(analysis.dropped), placing.to_json(analysis.placed)
    last = newest(session, analysis.study)
    row = {
        "request_id": analysis.request_id,
        "study": analysis.study,
        "version": (last or 0) + 1,
        "plan_version": analysis.plan_version,
        "plan_hash": analysis.plan_hash,
        "snapshot_hash": analysis.snapshot_hash,
        "code_version": analysis.code_version,
        "environment_hash": analysis.environment_hash,
        "seed": int(analysis.seed),
        "requested_by": analysis.requested_by,
        "reason": analysis.reason,
        "validation_id": int(analysis.validation_id),
        "status": "answered" if any(one.att is not None for one in estimates) else "refused",
        "dropped": dropped,
        "machine": machine(),
        "promotion": placed,
        "content_hash": digest(estimates, dropped, choice, placed),
    }
    number = (
        session.connection().execute(insert(Result).values(row).returning(Result.id)).scalar_one()
    )
    write(session, number, analysis.panel, estimates)
    details = {name: row[name] for name in ("request_id", "content_hash", "reason", "machine")}
    if choice is not None:
        details["choice"] = choice
    subject = f"{analysis.study}@{row['version']}"
    audit.record(session, choices.SAVED, subject, details, by, row=("results", number))
    return analysis.request_id, (last or 0) + 1, True


def load(session: Session, study: str, version: int | None = None) -> StoredResult:
    """One answer; unless a version is given the pinned one, or the newest where none is pinned.

    Raises UnknownStudy, UnknownResult, and StorageError when what is stored is no longer what
    was saved.
    """
    row = numbered(session, study, version)
    question = asked_by(session, row)
    dropped = from_json(row.dropped)
    panel = _panel(session, row.snapshot_hash, question.plan, dropped)
    estimates = read(session, row.id, panel)
    choice = choices.find(session, row.request_id)
    chosen = choice.content_hash if choice else None
    if digest(estimates, row.dropped, chosen, row.promotion) != row.content_hash:
        raise StorageError(
            f"{study}@{row.version} is not what was saved: its content has another hash than "
            "the one on record; the audit log shows what was saved"
        )
    return StoredResult(
        **vars(question),
        code_version=row.code_version,
        environment_hash=row.environment_hash,
        seed=row.seed,
        panel=panel,
        estimates=estimates,
        dropped=dropped,
        calibration=calibrations.newest(session, study, row.snapshot_hash),
        choice=choice,
        machine=row.machine,
        pin=pins.current(session, study),
        later=summaries.later(session, study, row.version),
        decisions=decisions.of_result(session, study, row.version),
        restated=restatements.of_result(session, row, question.plan),
    )


def _panel(session: Session, snapshot_hash: str, plan: Plan, dropped: Dropped | None) -> Panel:
    """The panel the estimators saw: without excluded donors, without what was dropped."""
    rows = snapshots.load(session, snapshot_hash)
    whole = to_panel(without(rows, {label_text(unit) for unit in plan.donors.exclude}))
    return leave_out(whole, dropped)


def _refuse_other_panel(session: Session, analysis: Analysis) -> None:
    plan = studies.plan_of(session, analysis.study, analysis.plan_version)
    kept = _panel(session, analysis.snapshot_hash, plan, analysis.dropped)
    seen = analysis.panel
    if (kept.units, kept.periods) != (seen.units, seen.periods) or not (
        np.array_equal(kept.outcome, seen.outcome, equal_nan=True)
        and np.array_equal(kept.treatment, seen.treatment)
        and kept.covariate_names == seen.covariate_names
        and np.array_equal(np.asarray(kept.covariates), np.asarray(seen.covariates))
    ):
        raise StorageError(
            f"snapshot {analysis.snapshot_hash[:12]} is not the panel that was analysed for "
            f"{analysis.study}; nothing was saved, run the study again"
        )
