"""The table of pins: which version of a study's answer is the official one."""

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, FetchedValue, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Number, Table


class PinRow(Table):
    """One version made the official one."""

    __tablename__ = "pins"
    __table_args__ = (
        ForeignKeyConstraint(["study", "version"], ["results.study", "results.version"]),
        Index(None, "study", "id"),
        CheckConstraint("btrim(reason) <> ''", name="reason"),
        CheckConstraint("btrim(pinned_by) <> ''", name="pinned_by"),
        {"comment": "a version made the official one; of a study, the last pin counts"},
    )

    id: Mapped[Number]
    study: Mapped[str] = mapped_column(comment="the study")
    version: Mapped[int] = mapped_column(comment="the version that is official from then on")
    reason: Mapped[str] = mapped_column(comment="why, in the words of who pinned it")
    pinned_by: Mapped[str] = mapped_column(comment="who pinned it")
    pinned_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), FetchedValue(), comment="when; set by the database"
    )
