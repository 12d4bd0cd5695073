"""The tables of alerts: what needs somebody's eye, what was done about it, and who was told.

All three are insert-only: that an alert is acknowledged, silenced or resolved is a row of its own,
and so is every attempt to deliver it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Number, Table, When

KIND = "{0} ~ '^[a-z][a-z0-9_]*$'"


class AlertRow(Table):
    """One thing that needs somebody's eye."""

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("kind", "key", "occasion"),
        CheckConstraint("occasion >= 1", name="occasion"),
        CheckConstraint(KIND.format("kind"), name="kind"),
        CheckConstraint("subject <> '' AND key <> ''", name="named"),
        {"comment": "one thing that needs somebody's eye; open until a resolved action says so"},
    )

    id: Mapped[Number]
    kind: Mapped[str] = mapped_column(comment="data_late, run_failed, effect_harmful, ...")
    key: Mapped[str] = mapped_column(comment="what it is about, exactly: one is open at a time")
    occasion: Mapped[int] = mapped_column(comment="1, 2, ...: how often it came up for this key")
    subject: Mapped[str] = mapped_column(comment="study, panel or promotion, as people call it")
    details: Mapped[dict[str, Any]] = mapped_column(
        comment="message: the sentence people read; and the facts behind it"
    )
    raised_by: Mapped[str] = mapped_column(comment="who, or which flow's user")
    raised_at: Mapped[When] = mapped_column(comment="when")


class ActionRow(Table):
    """One thing somebody did about one alert, or about a kind of alert."""

    __tablename__ = "alert_actions"
    __table_args__ = (
        CheckConstraint("action IN ('acknowledged', 'silenced', 'resolved')", name="action"),
        CheckConstraint("(alert_id IS NULL) <> (kind IS NULL)", name="about"),
        CheckConstraint("kind IS NULL OR action = 'silenced'", name="kind"),
        CheckConstraint("(until IS NOT NULL) = (action = 'silenced')", name="until"),
        CheckConstraint("reason <> ''", name="reason"),
        Index("ix_alert_actions_kind", "kind"),
        {"comment": "what was done about an alert or a kind of alert, and why"},
    )

    id: Mapped[Number]
    alert_id: Mapped[int | None] = mapped_column(
        ForeignKey("alerts.id"), index=True, comment="the alert; null: a whole kind was silenced"
    )
    kind: Mapped[str | None] = mapped_column(comment="the kind that was silenced; null: one alert")
    action: Mapped[str] = mapped_column(comment="acknowledged, silenced, resolved")
    reason: Mapped[str] = mapped_column(comment="why, in the words of who did it")
    until: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="silent until; the newest row counts"
    )
    done_by: Mapped[str] = mapped_column(comment="who")
    done_at: Mapped[When] = mapped_column(comment="when")


class DeliveryRow(Table):
    """One step of one attempt to tell somebody."""

    __tablename__ = "alert_deliveries"
    __table_args__ = (
        UniqueConstraint("alert_id", "channel", "attempt", "outcome"),
        CheckConstraint("attempt >= 1", name="attempt"),
        CheckConstraint("channel IN ('event', 'email', 'webhook')", name="channel"),
        CheckConstraint(
            "outcome IN ('started', 'delivered', 'failed', 'given_up')", name="outcome"
        ),
        CheckConstraint("(answer IS NULL) = (outcome = 'started')", name="answer"),
        {"comment": "an attempt to deliver an alert: one row when it starts, one when it ends"},
    )

    id: Mapped[Number]
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), comment="the alert")
    channel: Mapped[str] = mapped_column(comment="event, email, webhook")
    attempt: Mapped[int] = mapped_column(comment="1, 2, ...")
    outcome: Mapped[str] = mapped_column(
        comment="started; then delivered, failed (to be tried again) or given_up"
    )
    answer: Mapped[str | None] = mapped_column(
        comment="what the other side said, without secrets; null: not known yet"
    )
    happened_at: Mapped[When] = mapped_column(comment="when")
