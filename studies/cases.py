"""Where a study of a promotion stands, from the plan to the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """Where one study stands.

    stage: planned, running, cancelled; open (a period needed is not over), awaited (data are
        missing), settling, due; asked, running now, done, failed; or unknown
    why: what it waits for, in words      data_state: SHA-256 of the rows, where it is due
    missing: by period, the units that have not arrived      late: for longer than the patience
    """

    study: str
    plan_version: int
    promotion: str
    promotion_version: int | None
    stage: str
    why: str
    data_state: str | None = None
    missing: Mapping[str, Sequence[str]] = field(default_factory=dict)
    late: bool = False
