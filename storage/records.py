"""What is read back from the database: one stored answer, as values.

Everything a report, a page or `--json` shows is in here; nothing in here knows SQL.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from estimators.calibration.summaries import Score
from estimators.core.designs import Dropped
from estimators.core.fit import Weights
from estimators.core.panel import FloatArray, Panel
from storage.decision_records import Decision
from storage.race_records import StoredChoice
from storage.restatements import Restated
from storage.version_records import PlanVersion, PromotionVersion
from studies import Plan
from studies.placing import Placed
from studies.primary import PrimaryRule


@dataclass(frozen=True)
class StoredVariance:
    """One kind of inference about one estimate, or its refusal.

    status: "answered" or "refused"; a refusal has a reason and no numbers
    variance, standard_error, df: None where the procedure has none
    level: of the interval
    """

    kind: str
    status: str
    reason: str | None = None
    variance: float | None = None
    standard_error: float | None = None
    df: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    placebos: int | None = None
    construction: str | None = None
    level: float | None = None


@dataclass(frozen=True, eq=False)
class StoredEstimate:
    """One estimator's answer, or its refusal.

    settings, tuning, diagnostics: the JSON that was stored
    by_period: one mapping per period, fields of estimators.core.fit.PeriodEffect
    counterfactual: (N, T), nan where not modelled; None when refused
    """

    estimator: str
    status: str
    reason: str | None
    att: float | None
    settings: Mapping[str, Any]
    tuning: Mapping[str, Any] | None
    diagnostics: Mapping[str, Any]
    by_period: tuple[Mapping[str, Any], ...]
    variances: tuple[StoredVariance, ...]
    counterfactual: FloatArray | None
    weights: tuple[Weights, ...]


@dataclass(frozen=True)
class StoredCalibration:
    """One exam: on simulated panels, or on the panel of a study.

    request_id: SHA-256 of the request      settings: the JSON that was stored
    study, plan_version, snapshot_hash: None for simulated panels
    """

    request_id: str
    settings: Mapping[str, Any]
    study: str | None
    plan_version: int | None
    snapshot_hash: str | None
    code_version: str
    environment_hash: str
    seed: int
    requested_by: str
    created_at: datetime
    scores: tuple[Score, ...]


@dataclass(frozen=True)
class Pin:
    """One version of a study's answer made the official one."""

    study: str
    version: int
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a result was asked by: everything about it but its panel and its numbers.

    result_id: SHA-256 of the request (study, plan, snapshot, code, environment, seed)
    validation: the checks' report that let the data pass (see checks.report)
    placed: where the promotion it names lies in the panel; None where it names none
    plan_versions, promotion_versions: of its study and of the promotion it names, oldest first, as
        they are now: what was planned, and what was changed when and why
    """

    result_id: str
    study: str
    version: int
    plan: Plan
    plan_version: int
    plan_hash: str
    snapshot_hash: str
    requested_by: str
    reason: str
    created_at: datetime
    validation: Mapping[str, Any]
    placed: Placed | None = None
    plan_versions: tuple[PlanVersion, ...] = ()
    promotion_versions: tuple[PromotionVersion, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class StoredResult(Asked):
    """One versioned answer to one study, with the panel it was computed from.

    panel: what the estimators saw: without excluded donors and without what was dropped
    dropped: what the study let go for want of a comparison; None when nothing was
    calibration: the exam last sat on this very panel, no part of the answer; None: never
    choice: of the primary, where the plan leaves it to a rule
    machine: what it was computed on; None: not on record
    pin: of the study, on this version or on another; None: no version is the official one
    later: the newest version, where this one is older
    decisions: what people decided about it since, no part of the answer either; oldest first
    restated: where it was computed again because its data had changed, what had, and both answers
    """

    code_version: str
    environment_hash: str
    seed: int
    panel: Panel
    estimates: tuple[StoredEstimate, ...]
    dropped: Dropped | None = None
    calibration: StoredCalibration | None = None
    choice: StoredChoice | None = None
    machine: str | None = None
    pin: Pin | None = None
    later: "ResultSummary | None" = None
    decisions: tuple[Decision, ...] = ()
    restated: Restated | None = None

    @property
    def primary(self) -> str:
        """Key of the estimator the answer is announced with: the plan's, or what its rule chose."""
        planned = self.plan.primary
        if not isinstance(planned, PrimaryRule):
            return planned
        assert self.choice is not None  # the database lets no such result in without it
        return self.choice.estimator


@dataclass(frozen=True)
class ResultSummary:
    """One line of `liftledger results`."""

    study: str
    version: int
    result_id: str
    created_at: datetime
    primary: str
    att: float | None
    ci_low: float | None
    ci_high: float | None
    reason: str | None
    decisions: tuple[Decision, ...] = ()
    pin: Pin | None = None
