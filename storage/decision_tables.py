"""The tables of decisions: what was decided about a result, who signed it off, what came of it.

Rules that must hold whoever writes are triggers (migration 0010): a decision carries the
recommendation that the ledger has, nobody signs off what they asked for or decided themselves, and
only a decision that stands has an outcome. Times are set by the database.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, FetchedValue, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import SHA256, Number, Table

DECISIONS = ("repeat", "change", "stop", "inconclusive")
OUTCOMES = ("right", "wrong", "unclear")
SAID = "btrim({0}) <> ''"


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class DecisionRow(Table):
    """What a person decided about one result."""

    __tablename__ = "decisions"
    __table_args__ = (
        CheckConstraint(_one_of("decision", DECISIONS), name="decision"),
        CheckConstraint(_one_of("recommendation", DECISIONS), name="recommendation"),
        CheckConstraint(SAID.format("reason"), name="reason"),
        CheckConstraint(SAID.format("decided_by"), name="decided_by"),
        CheckConstraint(SHA256.format("content_hash"), name="content_hash"),
        {"comment": "what a person decided about a result; the last that stands is the one"},
    )

    id: Mapped[Number]
    result_id: Mapped[int] = mapped_column(
        ForeignKey("results.id"), index=True, comment="the result it is about"
    )
    decision: Mapped[str] = mapped_column(comment="repeat, change, stop or inconclusive")
    recommendation: Mapped[str | None] = mapped_column(
        comment="what the plan's rule recommended; null: nothing"
    )
    reason: Mapped[str] = mapped_column(comment="why, in the words of who decided")
    decided_by: Mapped[str] = mapped_column(comment="who decided")
    content_hash: Mapped[str] = mapped_column(
        comment="SHA-256 of the decision and of the result's own hash; in the audit log as well"
    )
    decided_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), FetchedValue(), comment="when; set by the database"
    )


class SignOffRow(Table):
    """A second person's name under a decision."""

    __tablename__ = "sign_offs"
    __table_args__ = (
        UniqueConstraint("decision_id", "signed_by"),
        CheckConstraint(SAID.format("reason"), name="reason"),
        CheckConstraint(SAID.format("signed_by"), name="signed_by"),
        CheckConstraint(SHA256.format("content_hash"), name="content_hash"),
        {"comment": "a second person's name under a decision; never the asker's or the decider's"},
    )

    id: Mapped[Number]
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), comment="the decision")
    reason: Mapped[str] = mapped_column(comment="why, in the words of who signed")
    signed_by: Mapped[str] = mapped_column(comment="who signed")
    content_hash: Mapped[str] = mapped_column(
        comment="SHA-256 of the sign-off and of the decision's own hash; in the audit log as well"
    )
    signed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), FetchedValue(), comment="when; set by the database"
    )


class DecisionOutcomeRow(Table):
    """What came of a decision."""

    __tablename__ = "decision_outcomes"
    __table_args__ = (
        CheckConstraint(_one_of("outcome", OUTCOMES), name="outcome"),
        CheckConstraint(SAID.format("reason"), name="reason"),
        CheckConstraint(SAID.format("judged_by"), name="judged_by"),
        CheckConstraint(SHA256.format("content_hash"), name="content_hash"),
        {"comment": "what came of a decision; the last of a decision is the one"},
    )

    id: Mapped[Number]
    decision_id: Mapped[int] = mapped_column(
        ForeignKey("decisions.id"), index=True, comment="the decision"
    )
    outcome: Mapped[str] = mapped_column(comment="right, wrong or unclear")
    evidence_id: Mapped[int | None] = mapped_column(
        ForeignKey("results.id"), comment="the later result that shows it; null: something else"
    )
    reason: Mapped[str] = mapped_column(comment="how one knows, in the words of who judged")
    judged_by: Mapped[str] = mapped_column(comment="who judged")
    content_hash: Mapped[str] = mapped_column(
        comment="SHA-256 of the outcome and of the decision's own hash; in the audit log as well"
    )
    judged_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), FetchedValue(), comment="when; set by the database"
    )
