"""The tables of what the monitor saw: one row per visit, one per thing looked at in it."""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import SHA256, ContentHash, Number, RequestedBy, Table, When

KINDS = ("panel", "restatement", "boundary", "promotion", "calibration", "undecided")
STATES = ("fine", "noticed", "refused")


class VisitRow(Table):
    """One visit of the monitor."""

    __tablename__ = "visits"
    __table_args__ = (
        UniqueConstraint("token"),
        CheckConstraint(SHA256.format("content_hash"), name="content_hash"),
        {"comment": "one visit of the monitor, with all that it saw"},
    )

    id: Mapped[Number]
    token: Mapped[str] = mapped_column(comment="random: the same visit is one row")
    requested_by: Mapped[RequestedBy]
    content_hash: Mapped[ContentHash]
    visited_at: Mapped[When] = mapped_column(comment="when")


class ObservationRow(Table):
    """One thing that the monitor looked at."""

    __tablename__ = "observations"
    __table_args__ = (
        UniqueConstraint("visit_id", "kind", "subject"),
        ForeignKeyConstraint(["study", "plan_version"], ["studies.study", "studies.version"]),
        Index(None, "kind", "subject"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("subject <> ''", name="subject"),
        CheckConstraint(SHA256.format("content_hash"), name="content_hash"),
        {"comment": "one thing the monitor looked at, and what it saw"},
    )

    id: Mapped[Number]
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), comment="the visit")
    kind: Mapped[str] = mapped_column(comment="panel, restatement, boundary, promotion, ...")
    subject: Mapped[str] = mapped_column(comment="what was looked at, as people call it")
    study: Mapped[str | None] = mapped_column(comment="the study; null: a panel of several")
    plan_version: Mapped[int | None] = mapped_column(comment="version of its plan")
    state: Mapped[str] = mapped_column(comment="fine; noticed: see the alerts; refused: why not")
    message: Mapped[str] = mapped_column(comment="what was seen, in a sentence")
    details: Mapped[dict[str, Any]] = mapped_column(comment="the facts behind it")
    content_hash: Mapped[ContentHash]
