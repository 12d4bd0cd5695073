"""The account of a promotion, read back from the diagnostics of the primary estimate.

It is stored there because it follows from that estimate and from nothing else: the hash of the
answer, its seal in the audit log and its replays cover it, and results from before have none.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from estimators.core.fit import Inference, PartEffect, Refusal
from estimators.core.impact import Impact
from estimators.economics.account import Account
from estimators.economics.amounts import Amount, Said
from estimators.economics.decision import Recommendation, Rule
from storage.records import StoredEstimate, StoredResult


@dataclass(frozen=True)
class StoredLinked:
    """One linked outcome of a result.

    reason: why it was refused; None when it was answered
    parts: by name, "promotion" alone where the treatment has no others
    """

    name: str
    role: str
    snapshot: str
    reason: str | None
    parts: Mapping[str, PartEffect]


def account_in(result: StoredResult) -> Account | None:
    """The account of a result; None where its plan asks for none, or the primary was refused."""
    estimate = primary_of(result)
    stored = estimate.diagnostics.get("account") if estimate else None
    if stored is None:
        return None
    amounts = tuple(
        Amount(**{**one, "said": tuple(_said(said) for said in one["said"])})
        for one in stored["amounts"]
    )
    found = stored["recommendation"]
    if found is None:
        return Account(amounts)
    rule = Rule(**found["rule"])
    return Account(amounts, Recommendation(**{**found, "rule": rule}))


def parts_in(estimate: StoredEstimate) -> dict[str, PartEffect]:
    """The parts of the treatment by name, each with its effect; none where it has none."""
    return _parts(estimate.diagnostics.get("parts") or [])


def linked_in(result: StoredResult) -> tuple[StoredLinked, ...]:
    """The linked outcomes of a result, in the order of the plan."""
    estimate = primary_of(result)
    stored: Sequence[Any] = (estimate.diagnostics.get("linked") or []) if estimate else []
    return tuple(
        StoredLinked(
            one["name"],
            one["role"],
            one["snapshot"],
            one.get("reason"),
            _parts(one.get("parts") or []),
        )
        for one in stored
    )


def primary_of(result: StoredResult) -> StoredEstimate | None:
    """The estimate that the account rests on."""
    return next((one for one in result.estimates if one.estimator == result.primary), None)


def _parts(stored: Sequence[Mapping[str, Any]]) -> dict[str, PartEffect]:
    found = {}
    for one in stored:
        inferences = tuple(_inference(said) for said in one["inferences"])
        impacts = tuple(Impact(**impact) for impact in one["impacts"])
        part = PartEffect(**{**one, "inferences": inferences, "impacts": impacts})
        found[part.name] = part
    return found


def _inference(stored: Mapping[str, Any]) -> Inference | Refusal:
    if "reason" in stored:
        return Refusal(stored["key"], stored["reason"])
    return Inference(**{**stored, "df": _number(stored["df"]), "variance": None})


def _said(stored: Mapping[str, Any]) -> Said | Refusal:
    if "reason" in stored:
        return Refusal(stored["key"], stored["reason"])
    return Said(**{**stored, "df": _number(stored["df"])})


def _number(value: float | str | None) -> float | None:
    """Infinity is a word in JSON."""
    return math.inf if value == "Infinity" else value  # type: ignore[return-value]
