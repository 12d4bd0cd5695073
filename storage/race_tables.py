"""The tables of the race: what was asked, batches as they end, what came of it, what was chosen."""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSON
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


class BatchRow(Table):
    """Some replications of one design of a race, kept when they ended."""

    __tablename__ = "race_batches"
    __table_args__ = (
        UniqueConstraint("design_hash", "first", "replications"),
        CheckConstraint('"first" >= 0 AND replications > 0', name="replications"),
        CheckConstraint(SHA256.format("design_hash"), name="design_hash"),
        CheckConstraint(SHA256.format("content_hash"), name="content_hash"),
        {"comment": "replications that ended: a race that goes on does not compute them again"},
    )

    id: Mapped[Number]
    design_hash: Mapped[str] = mapped_column(
        comment="SHA-256 of what it depends on: design, estimators, data, seed, code, machine"
    )
    first: Mapped[int] = mapped_column(comment="number of the first replication")
    replications: Mapped[int] = mapped_column(comment="how many")
    content: Mapped[dict[str, Any]] = mapped_column(comment="what each estimator said in each")
    content_hash: Mapped[str] = mapped_column(comment="SHA-256 of the content")
    saved_at: Mapped[When] = mapped_column(comment="when")


class RaceTable(Table):
    """One race of estimators on panels like one real panel."""

    __tablename__ = "races"
    __table_args__ = (
        UniqueConstraint("request_id"),
        CheckConstraint("seed >= 0", name="seed"),
        CheckConstraint(SHA256.format("request_id"), name="request_id"),
        CheckConstraint(SHA256.format("data_hash"), name="data_hash"),
        CheckConstraint(SHA256.format("content_hash"), name="content_hash"),
        {"comment": "one race of estimators; the same request is one row"},
    )

    id: Mapped[Number]
    request_id: Mapped[str] = mapped_column(
        comment="SHA-256 of settings, seed, masked data, code, environment: the public id"
    )
    panel: Mapped[str] = mapped_column(comment="what the panel was called by who asked")
    settings: Mapped[dict[str, Any]] = mapped_column(comment="who raced, on what, how often")
    data_hash: Mapped[str] = mapped_column(
        comment="SHA-256 of the panel without the treated outcomes: all that was looked at"
    )
    snapshot_hash: Mapped[str] = mapped_column(
        ForeignKey("snapshots.hash"), index=True, comment="SHA-256 of the rows it was taken from"
    )
    code_version: Mapped[CodeVersion]
    environment_hash: Mapped[EnvironmentHash]
    seed: Mapped[Seed]
    requested_by: Mapped[RequestedBy]
    content_hash: Mapped[ContentHash]
    saved_at: Mapped[When] = mapped_column(comment="when")


class StandingRow(Table):
    """What one estimator was worth in one design of a race."""

    __tablename__ = "race_standings"
    __table_args__ = (
        UniqueConstraint("race_id", "position"),
        UniqueConstraint("race_id", "design", "estimator"),
        CheckConstraint("answered >= 0 AND refused >= 0", name="counts"),
        CheckConstraint("(refused = 0) = (reason IS NULL)", name="reason"),
        {"comment": "one estimator in one design of one race"},
    )

    id: Mapped[Number]
    race_id: Mapped[int] = mapped_column(ForeignKey("races.id"), comment="the race")
    position: Mapped[int] = mapped_column(comment="0, 1, ...: the order in which they were asked")
    design: Mapped[str] = mapped_column(comment="where: a design of simulated panels, or back_test")
    estimator: Mapped[str] = mapped_column(comment="key of the estimator")
    answered: Mapped[int] = mapped_column(comment="replications it answered")
    refused: Mapped[int] = mapped_column(comment="and those it refused")
    reason: Mapped[str | None] = mapped_column(comment="why, the first time")
    eligible: Mapped[bool] = mapped_column(comment="whether it answered enough to be chosen")
    numbers: Mapped[dict[str, Any]] = mapped_column(
        comment="by name, value and Monte-Carlo error: rmse, bias, relative, seconds"
    )
    intervals: Mapped[dict[str, Any]] = mapped_column(
        comment="by kind of inference: coverage, length, how many answered, why not"
    )


class ChoiceRow(Table):
    """The primary estimator of one answer, chosen by the plan's rule before it was known."""

    __tablename__ = "choices"
    __table_args__ = (
        UniqueConstraint("request_id"),
        ForeignKeyConstraint(
            ["study", "plan_version", "plan_hash"],
            ["studies.study", "studies.version", "studies.plan_hash"],
        ),
        CheckConstraint("how IN ('rule', 'tie', 'fallback')", name="how"),
        CheckConstraint("race_id IS NOT NULL OR how = 'fallback'", name="evidence"),
        CheckConstraint(SHA256.format("request_id"), name="request_id"),
        CheckConstraint(SHA256.format("content_hash"), name="content_hash"),
        {"comment": "the primary estimator a rule chose; written before the result it is for"},
    )

    id: Mapped[Number]
    request_id: Mapped[str] = mapped_column(
        comment="SHA-256 of study, plan, data, code, environment, seed: the result’s own"
    )
    study: Mapped[str] = mapped_column(comment="the study")
    plan_version: Mapped[int] = mapped_column(comment="version of the plan")
    plan_hash: Mapped[str] = mapped_column(comment="SHA-256 of the plan")
    rule: Mapped[dict[str, Any]] = mapped_column(comment="the plan's rule, as it was written")
    estimator: Mapped[str] = mapped_column(comment="key of the estimator that was chosen")
    how: Mapped[str] = mapped_column(
        comment="rule; tie: the simplest of those it cannot tell apart; fallback: no race"
    )
    reason: Mapped[str] = mapped_column(comment="why, in one sentence")
    tied_with: Mapped[list[Any]] = mapped_column(comment="estimators it cannot be told apart from")
    weights: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True),
        comment="of an ensemble, by estimator; null: one estimator was chosen",
    )
    race_id: Mapped[int | None] = mapped_column(
        ForeignKey("races.id"), comment="the evidence; null: no race could be run"
    )
    requested_by: Mapped[RequestedBy]
    content_hash: Mapped[str] = mapped_column(
        comment="SHA-256 of the choice and of the race it rests on; in the audit log as well"
    )
    saved_at: Mapped[When] = mapped_column(comment="when")
