"""Decisions in words, in a table, and as JSON: what was decided, by whom, and what came of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.names import closed, counted, day
from reports.plain_text import text as _text
from storage.decision_counts import AGAINST, AS_RECOMMENDED, OPEN, WITHOUT
from storage.decision_records import Decision, in_force

JUDGED = ("right", "wrong")


def to_json(decided: Sequence[Decision]) -> list[dict[str, Any]]:
    """Decisions as JSON, in the order given."""
    return [_object(one) for one in decided]


def record(decided: Sequence[Decision]) -> dict[str, Any]:
    """How often decisions were right: of those that count, as recommended and against it."""
    counting = [one for one in decided if one.stands and not one.superseded]
    return record_of(
        Counter((_how(one), one.outcome.outcome if one.outcome else OPEN) for one in counting)
    )


def record_of(counts: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """The same from counts of those that count (storage.decision_counts)."""
    found = {}
    for name in ("all", AS_RECOMMENDED, AGAINST, WITHOUT):
        came: Counter[str] = Counter()
        for (how, outcome), count in counts.items():
            came[outcome] += count if name in ("all", how) else 0
        found[name] = _tally(came)
    return found


def sentences(decided: Sequence[Decision]) -> list[str]:
    """What was decided about one result: what counts, and what waits for a second person."""
    last = in_force(decided)
    shown = [last] if last else []
    if decided and not decided[-1].stands:
        shown.append(decided[-1])
    return [sentence for one in shown for sentence in _sentences(one)]


def needed(recommended: str | None, asked_by: str) -> list[str]:
    """What the plan's rule recommends about a result, and what a decision takes to stand."""
    if recommended is None:
        return [
            "The plan recommends nothing about this result: it has no rule for it, or no account. "
            "A decision stands alone, and may be signed off."
        ]
    return [
        f"By the plan’s rule: {recommended}.",
        f"A decision to {recommended} stands alone. Any other goes against the rule and does not "
        f"stand until a second person has signed it off: not who made it, and not {asked_by}, who "
        "asked for the analysis.",
    ]


def decision_phrase(decided: Sequence[Decision]) -> str:
    """The same in a few words, for a list of results; empty when nothing was decided."""
    last = in_force(decided)
    parts = []
    if last:
        signed = " and ".join(one.by for one in last.sign_offs)
        parts.append(f"decided {last.decision}" + (f", signed off by {signed}" if signed else ""))
        parts += [f"turned out {last.outcome.outcome}"] if last.outcome else []
    if decided and not decided[-1].stands:
        parts.append(f"{decided[-1].decision} waits for a second person")
    return closed("; ".join(parts)) if parts else ""


def decided_text(one: Decision) -> RenderableType:
    """One decision for a terminal: what the commands that make, sign and judge it answer."""
    return Group(_text(f"{one.study}@{one.version}", "dim"), *map(_text, _sentences(one)))


def decided_lines(decided: Sequence[Decision]) -> list[Text]:
    """The same for a terminal, under a result; nothing when nothing was decided."""
    said = sentences(decided)
    return [Text(""), *(_text(one) for one in said)] if said else []


def decisions_table(decided: Sequence[Decision]) -> RenderableType:
    """The list of `liftledger decisions`, and under it how often they were right."""
    if not decided:
        return Text("Nothing was decided yet. Start with: liftledger decide STUDY@VERSION DECISION")
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for head in ("study@version", "decision", "recommended", "by", "signed off by", "outcome"):
        table.add_column(head, overflow="fold")
    for one in decided:
        signed = ", ".join(name.by for name in one.sign_offs)
        table.add_row(
            _text(f"{one.study}@{one.version}", "dim" if one.superseded else ""),
            _text(one.decision + ("" if not one.superseded else ", replaced")),
            _text(one.recommendation or "–", "yellow" if one.against else ""),
            _text(one.by),
            _text(signed or ("–" if one.stands else "waits for a name")),
            _text(one.outcome.outcome if one.outcome else "–"),
        )
    return Group(table, Text(""), *(_text(line) for line in record_sentences(record(decided))))


def record_sentences(found: Mapping[str, Any]) -> list[str]:
    """How often decisions were right, in words. found: as `record` has it"""
    whole = found["all"]
    judged = whole["right"] + whole["wrong"]
    if not judged:
        return [f"{counted(whole['decisions'], 'decision')}; of none is it known what came of it."]
    parts = [f"Right in {whole['right']} of {judged} decisions judged"]
    for name, words in (("as_recommended", "as recommended"), ("against", "against it")):
        one = found[name]
        if one["right"] + one["wrong"]:
            parts.append(f"{words}, in {one['right']} of {one['right'] + one['wrong']}")
    rest = whole["unclear"] + whole["open"]
    return [closed("; ".join(parts)), *([f"{rest} unclear or open."] if rest else [])]


def _how(one: Decision) -> str:
    if one.recommendation is None:
        return WITHOUT
    return AGAINST if one.against else AS_RECOMMENDED


def _tally(count: "Counter[str]") -> dict[str, int | float | None]:
    judged = sum(count[name] for name in JUDGED)
    return {
        "decisions": count.total(),
        **{name: count[name] for name in (*JUDGED, "unclear", OPEN)},
        "share_right": count["right"] / judged if judged else None,
    }


def _sentences(one: Decision) -> list[str]:
    if one.recommendation is None:
        how = ""
    elif one.against:
        how = f", against the recommendation ({one.recommendation})"
    else:
        how = ", as recommended"
    said = [closed(f"Decided: {one.decision}, by {one.by} on {day(one.at)}{how}: {one.reason}")]
    said += [closed(f"Signed off by {s.by} on {day(s.at)}: {s.reason}") for s in one.sign_offs]
    if not one.stands:
        said.append("It does not stand until a second person signs it off.")
    if one.outcome:
        shown = f", as {one.outcome.evidence} shows" if one.outcome.evidence else ""
        said.append(
            closed(f"It turned out {one.outcome.outcome}{shown} ({one.outcome.by}): "
                   f"{one.outcome.reason}")
        )  # fmt: skip
    return said


def _object(one: Decision) -> dict[str, Any]:
    outcome = one.outcome
    return {
        "study": one.study,
        "version": one.version,
        "decision": one.decision,
        "recommendation": one.recommendation,
        "against": one.against,
        "reason": one.reason,
        "decided_by": one.by,
        "decided_at": one.at.isoformat(),
        "content_hash": one.content_hash,
        "stands": one.stands,
        "superseded": one.superseded,
        "sign_offs": [
            {"signed_by": s.by, "reason": s.reason, "signed_at": s.at.isoformat()}
            for s in one.sign_offs
        ],
        "outcome": None
        if outcome is None
        else {
            "outcome": outcome.outcome,
            "evidence": outcome.evidence,
            "reason": outcome.reason,
            "judged_by": outcome.by,
            "judged_at": outcome.at.isoformat(),
        },
    }
