"""What is read back of races and choices: values; nothing in here knows SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from estimators.calibration.summaries import Measured
from storage.audit import Entry

BACK_TEST = "back_test"  # the design that is no simulation: the panel's own untreated cells


@dataclass(frozen=True)
class Standing:
    """What one estimator was worth in one design of a race.

    answered, refused: replications      reason: of the first refusal
    numbers: by name, with their Monte-Carlo errors: rmse, relative, bias, coverage, length, seconds
    """

    design: str
    estimator: str
    answered: int
    refused: int
    reason: str | None
    numbers: Mapping[str, Measured] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredRace:
    """One race.

    request_id: SHA-256 of the request      panel: as it was called      settings: JSON, as stored
    data_hash: SHA-256 of what was looked at, the panel without the treated outcomes
    """

    request_id: str
    panel: str
    settings: Mapping[str, Any]
    data_hash: str
    snapshot_hash: str
    code_version: str
    environment_hash: str
    seed: int
    requested_by: str
    created_at: datetime
    content_hash: str
    standings: tuple[Standing, ...]

    def of(self, design: str) -> tuple[Standing, ...]:
        """The standings in one design, in the order asked."""
        return tuple(one for one in self.standings if one.design == design)

    @property
    def designs(self) -> tuple[str, ...]:
        """In the order asked."""
        return tuple(dict.fromkeys(one.design for one in self.standings))


@dataclass(frozen=True)
class StoredChoice:
    """The primary estimator of a result, as the plan's rule chose it.

    how: "rule"; "tie", the simplest of those that cannot be told apart; "fallback", without a race
    race: the evidence; None for a fall-back
    chosen, answered: entries of the audit log; answered is None while there is no result
    """

    request_id: str
    rule: Mapping[str, Any]
    estimator: str
    how: str
    reason: str
    tied_with: Sequence[str]
    race: StoredRace | None
    requested_by: str
    content_hash: str
    chosen: Entry
    answered: Entry | None
