"""Registered plans: one row per study and version, never changed."""

from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from estimators.core.panel import listed
from storage import audit
from storage.database import lock
from storage.errors import ReasonMissing, StorageError, UnknownStudy
from storage.json_values import plain
from storage.tables import Study
from storage.version_records import PlanVersion
from studies import Plan
from studies.changes import changes

NAMED = 20  # studies listed when one is unknown


@dataclass(frozen=True)
class Registered:
    """A plan on record. created: false when it was the current one already."""

    study: str
    version: int
    plan_hash: str
    created: bool


def register(session: Session, plan: Plan, by: str, reason: str = "") -> Registered:
    """Put a plan on record: the next version of its study, unless it is the current one.

    Going back to an earlier plan is a new version too: the record shows when, and by whom.
    Raises ReasonMissing when it changes a plan on record and nobody says why.
    """
    lock(session, f"study:{plan.study}")
    latest = _latest(session, plan.study)
    sha256 = plan.sha256()
    if latest is not None and latest.plan_hash == sha256:
        return Registered(plan.study, latest.version, sha256, created=False)
    if latest is not None and not reason.strip():
        raise _no_reason(latest, plan)
    version = 1 if latest is None else latest.version + 1
    row = {
        "study": plan.study,
        "version": version,
        "plan": plain(plan.model_dump(mode="json")),
        "plan_hash": sha256,
        "registered_by": by,
        "reason": reason.strip(),
    }
    session.connection().execute(insert(Study).values(row))
    details = {"plan_hash": sha256, "reason": row["reason"]}
    subject = f"{plan.study}@{version}"
    row_key = ("studies", plan.study, version)
    audit.record(session, "study_registered", subject, details, by, row=row_key)
    return Registered(plan.study, version, sha256, created=True)


def current(session: Session, study: str) -> tuple[Plan, int, str]:
    """(plan, version, plan hash) that answers are given to now.

    Raises UnknownStudy, and StorageError for a plan that another release wrote and this one cannot
    read.
    """
    latest = _latest(session, study)
    if latest is None:
        raise unknown(session, study)
    return _read(latest), latest.version, latest.plan_hash


def plan_of(session: Session, study: str, version: int) -> Plan:
    """The plan as it was in this version. Raises UnknownStudy, StorageError as `current` does."""
    found = session.get(Study, (study, version))
    if found is None:
        raise unknown(session, study)
    return _read(found)


def about_promotions(session: Session) -> list[tuple[str, int]]:
    """(study, version) of every current plan that names a promotion, by name."""
    newest = (
        select(Study.study, Study.version, Study.plan)
        .distinct(Study.study)
        .order_by(Study.study, Study.version.desc())
        .subquery()
    )
    named = newest.c.plan["promotion"].as_string().is_not(None)
    query = select(newest.c.study, newest.c.version).where(named).order_by(newest.c.study)
    return [(study, version) for study, version in session.execute(query)]


def history(session: Session, study: str) -> tuple[PlanVersion, ...]:
    """Every version of a study's plan, oldest first, also those only another release can read."""
    rows = session.scalars(select(Study).where(Study.study == study).order_by(Study.version))
    return tuple(
        PlanVersion(
            row.version,
            row.plan,
            row.plan_hash,
            row.registered_by,
            row.reason,
            row.registered_at,
        )
        for row in rows
    )


def known(session: Session) -> list[str]:
    """Names of all registered studies."""
    return list(session.scalars(select(Study.study).distinct().order_by(Study.study)))


def unknown(session: Session, study: str) -> UnknownStudy:
    """The error for a study nobody registered, naming those that are."""
    names = known(session)
    listed = ", ".join(names[:NAMED]) + (" ..." if len(names) > NAMED else "")
    return UnknownStudy(
        f"no study {study!r} is registered; registered: {listed or 'none'}. "
        "`liftledger register STUDY.yaml` puts one on record"
    )


def _no_reason(latest: Study, plan: Plan) -> ReasonMissing:
    keys = [one.key for one in changes(latest.plan, plan.model_dump(mode="json"))]
    return ReasonMissing(
        f"the plan of {latest.study} is not what version {latest.version} on record says "
        f"({listed(keys)}); nothing was changed. Say why with --reason"
    )


def _read(row: Study) -> Plan:
    try:
        return Plan.model_validate(row.plan)
    except ValidationError as error:
        keys = ", ".join(".".join(map(str, mistake["loc"])) for mistake in error.errors())
        raise StorageError(
            f"plan version {row.version} of {row.study} says what this release does not know "
            f"({keys}); read it with the release that registered it, or register a new version"
        ) from error


def _latest(session: Session, study: str) -> Study | None:
    return session.scalars(
        select(Study).where(Study.study == study).order_by(Study.version.desc()).limit(1)
    ).first()
