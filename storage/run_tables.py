"""The working table of runs: what is to be answered, who is at it, until when, and how it ended.

Unlike the evidence it is changed all the time: a row is a place in a queue. What was asked, taken
over and given up is in the audit log, and the answer itself is an insert-only result.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import SHA256, Number, Table, When

STATES = ("waiting", "running", "done", "failed", "given_up")
MOMENT = DateTime(timezone=True)
HOLDER = ("token", "worker", "claimed_at", "lease", "lease_until")


class RunRow(Table):
    """One analysis that is to happen, happens or happened."""

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("study", "plan_version", "data_state"),
        ForeignKeyConstraint(["study", "plan_version"], ["studies.study", "studies.version"]),
        ForeignKeyConstraint(["study", "result_version"], ["results.study", "results.version"]),
        Index(None, "state"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(state = 'waiting') = (waits_for IS NOT NULL)", name="waits_for"),
        CheckConstraint(
            f"num_nonnulls({', '.join(HOLDER)}) = CASE state WHEN 'running' THEN {len(HOLDER)}"
            " ELSE 0 END",
            name="holder",
        ),
        CheckConstraint("(state = 'done') = (result_version IS NOT NULL)", name="result"),
        CheckConstraint("(state IN ('failed', 'given_up')) = (error IS NOT NULL)", name="error"),
        CheckConstraint("(state IN ('waiting', 'running')) = (ended_at IS NULL)", name="ended_at"),
        CheckConstraint("attempts >= 0 AND hand_outs >= 0", name="counts"),
        CheckConstraint(SHA256.format("data_state"), name="data_state"),
        {"comment": "one analysis of one plan version and state of the data: a place in a queue"},
    )

    id: Mapped[Number]
    study: Mapped[str] = mapped_column(comment="the study to be answered")
    plan_version: Mapped[int] = mapped_column(comment="version of its plan")
    data_state: Mapped[str] = mapped_column(
        comment="SHA-256 of the panel's rows, and of the promotion, when this was asked"
    )
    promotion_version: Mapped[int | None] = mapped_column(
        comment="version of the promotion in the calendar; null: not asked because of one"
    )
    asked_by: Mapped[str] = mapped_column(comment="who asked")
    reason: Mapped[str] = mapped_column(comment="why, in the words of who asked")
    asked_at: Mapped[When] = mapped_column(comment="when")
    state: Mapped[str] = mapped_column(
        server_default="waiting", comment="waiting, running, done, failed or given_up"
    )
    waits_for: Mapped[str | None] = mapped_column(comment="what a waiting run waits for")
    not_before: Mapped[When] = mapped_column(comment="a waiting run may be claimed from then on")
    attempts: Mapped[int] = mapped_column(server_default="0", comment="how often it was claimed")
    token: Mapped[str | None] = mapped_column(
        comment="of the one claim that counts; a new one with each claim"
    )
    worker: Mapped[str | None] = mapped_column(comment="who holds it: machine and process")
    claimed_at: Mapped[datetime | None] = mapped_column(MOMENT, comment="since when")
    lease: Mapped[float | None] = mapped_column(comment="seconds a sign of life is good for")
    lease_until: Mapped[datetime | None] = mapped_column(
        MOMENT, comment="until then it is theirs; moved by each sign of life"
    )
    hand_outs: Mapped[int] = mapped_column(
        server_default="0", comment="how often it was handed to Prefect"
    )
    flow_run: Mapped[str | None] = mapped_column(comment="Prefect's id of the flow run, the last")
    result_version: Mapped[int | None] = mapped_column(comment="version of the result, once done")
    error: Mapped[str | None] = mapped_column(comment="why it failed or was given up")
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT, comment="when it ended")
