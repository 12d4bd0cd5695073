"""The tables of the exam: one row per exam sat, one per estimator and kind in it."""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
)
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


class CalibrationTable(Table):
    """One exam: on simulated panels, or on the panel of a study."""

    __tablename__ = "calibrations"
    __table_args__ = (
        UniqueConstraint("request_id"),
        Index(None, "study", "snapshot_hash"),
        ForeignKeyConstraint(
            ["study", "plan_version", "plan_hash"],
            ["studies.study", "studies.version", "studies.plan_hash"],
        ),
        CheckConstraint("seed >= 0", name="seed"),
        CheckConstraint(SHA256.format("request_id"), name="request_id"),
        CheckConstraint(SHA256.format("content_hash"), name="content_hash"),
        CheckConstraint(
            "num_nulls(study, plan_version, plan_hash, snapshot_hash) IN (0, 4)", name="panel"
        ),
        {"comment": "one exam of estimators and kinds of inference; the same request is one row"},
    )

    id: Mapped[Number]
    request_id: Mapped[str] = mapped_column(
        comment="SHA-256 of settings, study, snapshot, code, environment: the public id"
    )
    settings: Mapped[dict[str, Any]] = mapped_column(comment="what was simulated, and how answered")
    study: Mapped[str | None] = mapped_column(comment="whose panel; null: simulated panels")
    plan_version: Mapped[int | None] = mapped_column(comment="version of its plan")
    plan_hash: Mapped[str | None] = mapped_column(comment="SHA-256 of its plan")
    snapshot_hash: Mapped[str | None] = mapped_column(
        ForeignKey("snapshots.hash"), comment="SHA-256 of its data"
    )
    code_version: Mapped[CodeVersion]
    environment_hash: Mapped[EnvironmentHash]
    seed: Mapped[Seed]
    requested_by: Mapped[RequestedBy]
    content_hash: Mapped[ContentHash]
    saved_at: Mapped[When] = mapped_column(comment="when")


class ScoreRow(Table):
    """What one estimator with one kind of inference was worth in an exam."""

    __tablename__ = "calibration_scores"
    __table_args__ = (
        UniqueConstraint("calibration_id", "position"),
        UniqueConstraint("calibration_id", "estimator", "kind"),
        CheckConstraint("answered >= 0 AND refused >= 0", name="counts"),
        CheckConstraint("(refused = 0) = (reason IS NULL)", name="reason"),
        {"comment": "one estimator and one kind of inference in one exam"},
    )

    id: Mapped[Number]
    calibration_id: Mapped[int] = mapped_column(ForeignKey("calibrations.id"), comment="the exam")
    position: Mapped[int] = mapped_column(comment="0, 1, ...: the order in which they were asked")
    estimator: Mapped[str] = mapped_column(comment="key of the estimator")
    kind: Mapped[str] = mapped_column(comment="key of the kind of inference")
    answered: Mapped[int] = mapped_column(comment="replications, or positions, it answered")
    refused: Mapped[int] = mapped_column(comment="and those it refused")
    reason: Mapped[str | None] = mapped_column(comment="why, the first time")
    numbers: Mapped[dict[str, Any]] = mapped_column(
        comment="by name, value and Monte-Carlo error: coverage, length, ..."
    )
    groups: Mapped[dict[str, Any]] = mapped_column(
        comment="of a panel of one's own: coverage by unit, period, noise"
    )
