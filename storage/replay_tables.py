"""The table of replays: what came out when a stored answer was computed again."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import CodeVersion, EnvironmentHash, Number, RequestedBy, Table, When

OUTCOMES = ("equal", "close", "different")


class ReplayRow(Table):
    """One replay of one result."""

    __tablename__ = "replays"
    __table_args__ = (
        CheckConstraint("outcome IN ('equal', 'close', 'different')", name="outcome"),
        CheckConstraint("promised IN ('bits', 'digits')", name="promised"),
        CheckConstraint("(outcome = 'equal') = (differing = 0)", name="differing"),
        CheckConstraint("outcome <> 'close' OR promised = 'digits'", name="close"),
        CheckConstraint("numbers >= 0 AND differing >= 0", name="counts"),
        CheckConstraint("largest >= 0 AND largest < 'Infinity'", name="largest"),
        {"comment": "one result computed again from what is stored, and compared number by number"},
    )

    id: Mapped[Number]
    result_id: Mapped[int] = mapped_column(
        ForeignKey("results.id"), index=True, comment="the result that was computed again"
    )
    outcome: Mapped[str] = mapped_column(
        comment="equal: every bit; close: 1e-8, where no more is promised; different"
    )
    promised: Mapped[str] = mapped_column(
        comment="bits: same code, environment and machine; digits: 1e-8 relative elsewhere"
    )
    elsewhere: Mapped[list[Any]] = mapped_column(
        comment="what was not the same as for the result: code, environment, machine"
    )
    race: Mapped[bool] = mapped_column(comment="whether the race behind its primary was run again")
    numbers: Mapped[int] = mapped_column(comment="how many numbers were compared")
    differing: Mapped[int] = mapped_column(comment="numbers and words that were not the same")
    largest: Mapped[float | None] = mapped_column(
        comment="largest relative difference; null: no two numbers differ"
    )
    differences: Mapped[list[Any]] = mapped_column(comment="the largest of them, with both values")
    code_version: Mapped[CodeVersion]
    environment_hash: Mapped[EnvironmentHash]
    machine: Mapped[str] = mapped_column(comment="processor, and kernels of linear algebra")
    requested_by: Mapped[RequestedBy]
    reason: Mapped[str] = mapped_column(comment="why, in the words of who asked")
    replayed_at: Mapped[When] = mapped_column(comment="when")
