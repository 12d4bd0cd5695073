"""The tables, as SQLAlchemy models: what goes in, what is asked, what happened.

Everything but an ingested panel is insert-only: triggers of the database (see migrations/) refuse
UPDATE, DELETE and TRUNCATE. Columns of type `json` keep the text that was written, to the byte,
so that hashes over them can be checked in SQL. What hangs on a result is in answer_tables.py.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Double,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import (
    SHA256,
    CodeVersion,
    ContentHash,
    EnvironmentHash,
    Number,
    RequestedBy,
    Seed,
    Table,
    When,
)

SET_BY_TRIGGER = FetchedValue()  # whatever an INSERT says


class Outcome(Table):
    """One observed cell of an ingested panel."""

    __tablename__ = "outcomes"
    __table_args__ = (
        PrimaryKeyConstraint("panel", "unit", "period"),
        {"comment": "one cell of an ingested panel; ingesting again replaces the panel"},
    )

    panel: Mapped[str] = mapped_column(comment="name the panel was ingested under")
    unit: Mapped[str] = mapped_column(comment="label of the row of the panel")
    period: Mapped[str] = mapped_column(
        comment="label of the column: whole number, date, month, quarter, week"
    )
    outcome: Mapped[float | None] = mapped_column(comment="what was measured; null: not observed")
    treatment: Mapped[float | None] = mapped_column(
        comment="1: under treatment, 0: not; the checks refuse the rest"
    )
    covariates: Mapped[list[float | None] | None] = mapped_column(
        ARRAY(Double), comment="in the order of the table covariates; null: the panel has none"
    )


class Covariate(Table):
    """One covariate of an ingested panel."""

    __tablename__ = "covariates"
    __table_args__ = (
        PrimaryKeyConstraint("panel", "position"),
        UniqueConstraint("panel", "name"),
        CheckConstraint("position >= 1", name="position"),
        {"comment": "one covariate of an ingested panel; its values are in outcomes.covariates"},
    )

    panel: Mapped[str] = mapped_column(comment="name the panel was ingested under")
    position: Mapped[int] = mapped_column(
        autoincrement=False, comment="1, 2, ...: place in outcomes.covariates"
    )
    name: Mapped[str] = mapped_column(comment="what the covariate is called")


class Study(Table):
    """One registered plan, one version."""

    __tablename__ = "studies"
    __table_args__ = (
        PrimaryKeyConstraint("study", "version"),
        UniqueConstraint("study", "version", "plan_hash"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint(
            "plan_hash = encode(sha256(convert_to(plan::text, 'UTF8')), 'hex')", name="plan_hash"
        ),
        {"comment": "one registered plan, one version; a changed plan is a new version"},
    )

    study: Mapped[str] = mapped_column(comment="name of the study")
    version: Mapped[int] = mapped_column(comment="1, 2, ...; the highest is current")
    plan: Mapped[dict[str, Any]] = mapped_column(comment="the plan in its canonical spelling")
    plan_hash: Mapped[str] = mapped_column(comment="SHA-256 of the text of plan")
    registered_by: Mapped[str] = mapped_column(comment="who registered it")
    reason: Mapped[str] = mapped_column(
        comment="why this version, in the words of who registered it; needed from 2 on"
    )
    registered_at: Mapped[When] = mapped_column(comment="when")


class Snapshot(Table):
    """One panel exactly as it was pulled."""

    __tablename__ = "snapshots"
    __table_args__ = (
        CheckConstraint(SHA256.format("hash"), name="hash"),
        {"comment": "one panel exactly as analysed, addressed by its content, shared by results"},
    )

    hash: Mapped[str] = mapped_column(
        primary_key=True, comment="SHA-256 of the uncompressed content"
    )
    rows: Mapped[int] = mapped_column(comment="number of rows")
    units: Mapped[int] = mapped_column(comment="number of distinct units")
    periods: Mapped[int] = mapped_column(comment="number of distinct periods")
    content: Mapped[bytes] = mapped_column(
        comment="labels and arrays, zlib; layout: storage/snapshots.py"
    )
    saved_at: Mapped[When] = mapped_column(comment="when it was first seen")


class Validation(Table):
    """One run of the checks over one snapshot."""

    __tablename__ = "validations"
    __table_args__ = ({"comment": "one run of the checks; kept also when it stopped the analysis"},)

    id: Mapped[Number]
    study: Mapped[str] = mapped_column(index=True, comment="study whose plan was checked against")
    snapshot_hash: Mapped[str] = mapped_column(
        ForeignKey("snapshots.hash"), index=True, comment="the data that were checked"
    )
    passed: Mapped[bool] = mapped_column(comment="false: a check of severity stop failed")
    report: Mapped[dict[str, Any]] = mapped_column(
        comment="our summary and the full JSON of the suite"
    )
    checked_at: Mapped[When] = mapped_column(comment="when")


class Result(Table):
    """One versioned answer to one study."""

    __tablename__ = "results"
    __table_args__ = (
        UniqueConstraint("request_id"),
        UniqueConstraint("study", "version"),
        ForeignKeyConstraint(
            ["study", "plan_version", "plan_hash"],
            ["studies.study", "studies.version", "studies.plan_hash"],
        ),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("seed >= 0", name="seed"),
        CheckConstraint("status IN ('answered', 'refused')", name="status"),
        CheckConstraint(SHA256.format("request_id"), name="request_id"),
        CheckConstraint(SHA256.format("content_hash"), name="content_hash"),
        {"comment": "one answer; never changed: the same request is the same row"},
    )

    id: Mapped[Number]
    request_id: Mapped[str] = mapped_column(
        comment="SHA-256 of study, plan, snapshot, code, environment, seed: the public id"
    )
    study: Mapped[str] = mapped_column(comment="the study answered")
    version: Mapped[int] = mapped_column(comment="1, 2, ... within the study")
    plan_version: Mapped[int] = mapped_column(comment="version of the plan")
    plan_hash: Mapped[str] = mapped_column(comment="SHA-256 of the plan")
    snapshot_hash: Mapped[str] = mapped_column(
        ForeignKey("snapshots.hash"), comment="SHA-256 of the data"
    )
    code_version: Mapped[CodeVersion]
    environment_hash: Mapped[EnvironmentHash]
    seed: Mapped[Seed]
    requested_by: Mapped[RequestedBy]
    reason: Mapped[str] = mapped_column(comment="why, in the words of who asked")
    validation_id: Mapped[int] = mapped_column(
        ForeignKey("validations.id"), comment="the checks that let the data pass"
    )
    status: Mapped[str] = mapped_column(comment="answered, or refused when every estimator refused")
    dropped: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True),
        comment="labels left out for want of a comparison; null: none were",
    )
    machine: Mapped[str | None] = mapped_column(
        comment="processor, and kernels of linear algebra; null: not on record"
    )
    promotion: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True),
        comment="where the promotion of the study lies in the panel; null: it names none",
    )
    content_hash: Mapped[ContentHash]
    saved_at: Mapped[When] = mapped_column(comment="when")


class AuditRow(Table):
    """One thing that happened."""

    __tablename__ = "audit_log"
    __table_args__ = (
        CheckConstraint("what <> ''", name="what"),
        Index(None, "recorded_table", "recorded_key"),
        Index(None, "who", "id"),
        Index(None, "what", "id"),
        Index(None, "subject", postgresql_ops={"subject": "text_pattern_ops"}),
        {"comment": "one thing that happened; numbers, times and hashes are set by the database"},
    )

    id: Mapped[int] = mapped_column(
        BigInteger,
        SET_BY_TRIGGER,
        primary_key=True,
        autoincrement=False,
        comment="1, 2, ... without a gap",
    )
    happened_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), SET_BY_TRIGGER, comment="when"
    )
    who: Mapped[str] = mapped_column(comment="who did it")
    what: Mapped[str] = mapped_column(comment="study_registered, panel_ingested, result_saved, ...")
    subject: Mapped[str] = mapped_column(comment="what it was done to")
    details: Mapped[dict[str, Any]] = mapped_column(comment="what else is worth knowing")
    previous_hash: Mapped[str] = mapped_column(
        SET_BY_TRIGGER, comment="hash of the entry before; 64 zeros for the first"
    )
    hash: Mapped[str] = mapped_column(
        SET_BY_TRIGGER, unique=True, comment="SHA-256 over this entry and previous_hash"
    )
    role: Mapped[str | None] = mapped_column(
        SET_BY_TRIGGER, comment="login that wrote it; null: entries from before it was kept"
    )
    recorded_table: Mapped[str | None] = mapped_column(
        comment="table of the row that is recorded; null: no row is"
    )
    recorded_key: Mapped[str | None] = mapped_column(comment="its primary key, as a JSON array")
    recorded_hash: Mapped[str | None] = mapped_column(
        comment="SHA-256 over it and what hangs on it"
    )
