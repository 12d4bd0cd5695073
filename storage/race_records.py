"""What is read back of races and choices: values; nothing in here knows SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from estimators.race.standings import Standing
from storage.audit import Entry


@dataclass(frozen=True)
class StoredRace:
    """One race.

    request_id: SHA-256 of the request      panel: as it was called      settings: JSON, as stored
    data_hash: SHA-256 of what was looked at, the panel without the treated outcomes
    standings: by design, in the order asked
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
    standings: Mapping[str, tuple[Standing, ...]]


@dataclass(frozen=True)
class StoredChoice:
    """The primary estimator of a result, as the plan's rule chose it.

    how: "rule"; "tie", the simplest of those that cannot be told apart; "fallback", without a race
    race: the evidence; None for a fall-back
    weights: of the estimators in an ensemble; None for one estimator
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
    weights: Mapping[str, float] | None = None
