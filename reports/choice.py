"""How a result came by its primary estimator: what the plan named, or what its rule chose.

The table that justified a choice is that of the race it rests on (reports/race.py); here is what is
said around it.
"""

import re
from typing import Any

from estimators import ESTIMATORS
from reports.names import closed, estimator_label
from storage.audit import Entry
from storage.race_records import StoredChoice
from storage.records import StoredResult
from studies.primary import PrimaryRule

RULE_WORDS = {
    "lowest_rmse": "the one that errs least on panels like this one",
    "ensemble": "their mean, weighted by how they err on panels like this one",
}


def named(result: StoredResult) -> str:
    """What an estimator is that is primary: "named primary in the plan"."""
    by_rule = isinstance(result.plan.primary, PrimaryRule)
    return "chosen as primary by the plan’s rule" if by_rule else "named primary in the plan"


def planned_primary(result: StoredResult) -> str:
    """What the plan decided about the primary estimator: "SDID as primary estimator"."""
    planned = result.plan.primary
    if not isinstance(planned, PrimaryRule):
        return f"{estimator_label(planned)} as primary estimator"
    return f"as primary estimator {RULE_WORDS[planned.rule]}, which is {choice_label(result)}"


def choice_label(result: StoredResult) -> str:
    """ "SDID", "SDID (tied with MC)", "SDID (the fall-back)" """
    label, choice = estimator_label(result.primary), result.choice
    if choice is None or choice.how == "rule":
        return label
    if choice.how == "fallback":
        return f"{label} (the fall-back)"
    return f"{label} (tied with {', '.join(map(estimator_label, choice.tied_with))})"


def choice_sentences(choice: StoredChoice) -> list[str]:
    """Why this one, and that it was decided before the effect was known."""
    why = choice.reason
    if choice.how != "fallback":  # keys of estimators, as they are called in tables
        keys = "|".join(map(re.escape, ESTIMATORS))
        why = re.sub(rf"\b({keys})\b", lambda found: estimator_label(found[1]), why)
    return [closed(f"{why[:1].upper()}{why[1:]}"), order_sentence(choice)]


def order_sentence(choice: StoredChoice) -> str:
    """In which order the audit log has the choice and the result."""
    first = (
        f"The treated outcomes were masked. Chosen before any effect was computed: "
        f"entry {choice.chosen.number:,} of the audit log, {_moment(choice.chosen)}"
    )
    if choice.answered is None:
        return f"{first}."
    return (
        f"{first}; the result is entry {choice.answered.number:,}, {_moment(choice.answered)}, "
        f"and carries the hash of the choice, {choice.content_hash[:12]}."
    )


def to_json(choice: StoredChoice) -> dict[str, Any]:
    """The choice as `--json` has it, without the race it rests on."""
    return {
        "estimator": choice.estimator,
        "rule": dict(choice.rule),
        "how": choice.how,
        "reason": choice.reason,
        "tied_with": list(choice.tied_with),
        "weights": None if choice.weights is None else dict(choice.weights),
        "content_hash": choice.content_hash,
        "chosen": _entry(choice.chosen),
        "answered": None if choice.answered is None else _entry(choice.answered),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {"audit_entry": entry.number, "at": entry.at.isoformat()}


def _moment(entry: Entry) -> str:
    return f"{entry.at:%Y-%m-%d %H:%M:%S} UTC"
