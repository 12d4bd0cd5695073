"""The promotion calendar: one row per promotion and version, never changed."""

from typing import Any

from sqlalchemy import CheckConstraint, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Table, When


class PromotionRow(Table):
    """One promotion as the calendar had it at one time."""

    __tablename__ = "promotions"
    __table_args__ = (
        PrimaryKeyConstraint("promotion", "version"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("version = 1 OR reason <> ''", name="reason"),
        CheckConstraint(
            "details_hash = encode(sha256(convert_to(details::text, 'UTF8')), 'hex')",
            name="details_hash",
        ),
        {"comment": "one promotion, one version; a moved date is a new version with a reason"},
    )

    promotion: Mapped[str] = mapped_column(comment="what the calendar calls it")
    version: Mapped[int] = mapped_column(comment="1, 2, ...; the highest is current")
    details: Mapped[dict[str, Any]] = mapped_column(
        comment="units, products, segments, planned and actual dates, cancelled or not"
    )
    details_hash: Mapped[str] = mapped_column(comment="SHA-256 of the text of details")
    registered_by: Mapped[str] = mapped_column(comment="who entered it")
    reason: Mapped[str] = mapped_column(
        comment="why this version, in the words of who entered it; needed from 2 on"
    )
    registered_at: Mapped[When] = mapped_column(comment="when")
