"""The account of a promotion as `--json` has it.

    {"currency", "kind", "level", "verdict": in words,
     "amounts": [{"what", "of", "part", "value", "reason", "said": [
         {"kind", "status", "low", "high", "standard_error", "df", "probability", "reason"}]}],
     "recommendation": null, or {"verdict", "probability", "of_margin", "loss", "forgone",
         "break_even", "affordable", "reason", "repeat", "stop"},
     "linked": [{"name", "role", "snapshot", "reason"}]}

`what` is units, revenue, margin, return or roi; `of` is "promoted", the name of a linked outcome,
a role, or "all"; `part` is promotion, after or net. probability is that the amount is above zero,
by the confidence distribution of that kind. Null where the primary estimator was refused.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from estimators.core.fit import Refusal
from estimators.economics.amounts import Amount, Said
from estimators.economics.decision import Recommendation
from reports.account import asks_for_account, verdict
from storage.accounts import account_in, linked_in
from storage.records import StoredResult


def to_json(result: StoredResult) -> dict[str, Any] | None:
    """The account; None where the plan asks for none."""
    asked = result.plan.promotion
    if not asks_for_account(result) or asked is None or asked.economics is None:
        return None
    account = account_in(result)
    return {
        "currency": asked.economics.currency,
        "kind": result.plan.inference.primary,
        "level": result.plan.inference.level,
        "verdict": verdict(result),
        "amounts": [_amount(one) for one in account.amounts] if account else [],
        "recommendation": _recommendation(account.recommendation) if account else None,
        "linked": [
            {"name": one.name, "role": one.role, "snapshot": one.snapshot, "reason": one.reason}
            for one in linked_in(result)
        ],
    }


def _amount(amount: Amount) -> dict[str, Any]:
    found = {name: getattr(amount, name) for name in ("what", "of", "part", "value", "reason")}
    return {**found, "said": [_said(one) for one in amount.said]}


def _said(one: Said | Refusal) -> dict[str, Any]:
    names = ("low", "high", "standard_error", "df", "probability")
    if isinstance(one, Refusal):
        nothing: Mapping[str, None] = dict.fromkeys(names)
        return {"kind": one.key, "status": "refused", **nothing, "reason": one.reason}
    numbers = {name: _finite(getattr(one, name)) for name in names}
    return {"kind": one.kind, "status": "answered", **numbers, "reason": None}


def _recommendation(found: Recommendation | None) -> dict[str, Any] | None:
    if found is None:
        return None
    words = {name: value for name, value in asdict(found).items() if name not in ("rule", "kind")}
    return {**words, "repeat": found.rule.repeat, "stop": found.rule.stop}


def _finite(value: float | None) -> float | None:
    """JSON has no infinity: the degrees of freedom of a normal interval are null."""
    return value if value is not None and math.isfinite(value) else None
