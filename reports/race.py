"""A race in words and numbers: what the terminal, the page and `--json` have in common.

RMSEs of one design are shown with the places that the best one's Monte-Carlo error supports.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from estimators.calibration.summaries import Measured
from estimators.race.choice import at_least
from estimators.race.standings import Intervals, Standing
from reports.names import counted, estimator_label, variance_phrase
from reports.numbers import number, percent, places_for, significant
from reports.rows import joined
from storage.race_records import StoredRace

DESIGN_WORDS = {
    "own": "simulated panels, the study’s own treatment on units as likely to have had it",
    "shuffled": "simulated panels, the study’s own treatment on units drawn at random",
    "back_test": "back-test on the panel itself, the treatment placed where nothing was done",
    "uniform": "simulated panels, units treated at random",
    "staggered": "simulated panels, treatment that starts at different times",
    "on_off": "simulated panels, treatment that goes on and off",
    "logistic": "simulated panels, units treated as their factors make likely",
}
PART_WORDS = {
    "two_way": "two-way effects", "interactive": "factors", "noise": "noise",
    "correlation": "correlation over time",
}  # fmt: skip
BENCHMARK = "Our own benchmark: panels and designs are ours, not those of a published figure."
HEADS = ("RMSE", "× best", "bias", "covered", "length", "seconds")
OF_INTERVALS = ("covered", "length")


@dataclass(frozen=True)
class Line:
    """One estimator of one design as people read it: heads(), and Monte-Carlo errors below them.

    mark: "best", "tied" with the best within Monte-Carlo error, or ""
    cells: (text, error), the error "" where there is none
    """

    label: str
    mark: str
    cells: tuple[tuple[str, str], ...]


def design_words(name: str) -> str:
    """A design for people: "own without noise", "logistic min_wage"."""
    whole, _, parts = name.partition(" without ")
    key, _, policy = whole.partition(" ")
    words = DESIGN_WORDS.get(key, key)
    if policy:
        words += f" ({policy})"
    if parts:
        words += f", without {joined([PART_WORDS.get(one, one) for one in parts.split(' and ')])}"
    return words


def title(found: StoredRace) -> str:
    """What was raced, in one line."""
    return f"{found.panel}: {counted(len(_settings(found)['estimators']), 'estimator')} raced"


def setting(found: StoredRace, design: str) -> str:
    """How one design was run, in one line."""
    said = _settings(found)
    answered = max((one.answered + one.refused for one in found.standings[design]), default=0)
    if design == "back_test":
        words = counted(answered, "placement")
    else:
        words = f"{counted(answered, 'replication')}, {said['recipe']} recipe"
        if said["effect"] != "zero":
            words += f", {said['effect']} effect of {significant(said['size'])}"
    placed = said.get("placed_intervals") if design == "back_test" else None
    asked = min(said["intervals"] if placed is None else placed, answered)
    kinds = joined([variance_phrase(kind) for kind in said["kinds"]])
    intervals = f"; {percent(said['level'])} intervals ({kinds}) of the first {asked:,}"
    return f"{words}, seed {found.seed}{intervals if asked and said['kinds'] else ''}"


def heads(standings: Sequence[Standing]) -> tuple[str, ...]:
    """What stands above the numbers: HEADS, less those of intervals where none was asked for."""
    asked = any(found.answered for one in standings for found in one.intervals.values())
    return HEADS if asked else tuple(head for head in HEADS if head not in OF_INTERVALS)


def lines(standings: Sequence[Standing]) -> list[Line]:
    """One per estimator, in the order asked."""
    places, shown = _places(standings), heads(standings)
    return [_line(one, places, shown) for one in standings]


def verdict(standings: Sequence[Standing]) -> str:
    """Who errs least, and who cannot be told apart from it: one sentence."""
    best = next((one for one in standings if mark(one) == "best"), None)
    if best is None:
        return "Nobody answered enough to be compared."
    tied = [estimator_label(one.estimator) for one in standings if mark(one) == "tied"]
    said = f"{estimator_label(best.estimator)} errs least"
    if tied:
        return f"{said}; {joined(tied)} cannot be told apart from it."
    return f"{said}."


def mark(one: Standing) -> str:
    """ "best", "tied" within Monte-Carlo error, or "" """
    if not one.eligible or one.relative is None:
        return ""
    if one.relative.value <= 1:
        return "best"
    return "tied" if at_least(one) <= 1 else ""


def refusals(standings: Sequence[Standing]) -> list[tuple[str, str]]:
    """(who, why); those refused for one reason together."""
    reasons: dict[str, list[str]] = {}
    for one in standings:
        if one.reason is not None:
            count = f" ({one.refused:,} of {one.answered + one.refused:,})" if one.answered else ""
            name = f"{estimator_label(one.estimator)}{count}"
            reasons.setdefault(one.reason, []).append(name)
    return [(joined(names), reason) for reason, names in reasons.items()]


def largest_error(standings: Sequence[Standing], name: str) -> float:
    """Of one number of all estimators, the largest Monte-Carlo error."""
    found = (getattr(one, name) for one in standings)
    return max((one.error for one in found if one is not None and one.error), default=0.0)


def to_json(found: StoredRace) -> dict[str, Any]:
    """The race as the object that `--json` prints."""
    return {
        "request_id": found.request_id,
        "panel": found.panel,
        "settings": dict(found.settings),
        "seed": found.seed,
        "data_hash": found.data_hash,
        "created_at": found.created_at.isoformat(),
        "designs": [
            {"design": design, "standings": [_to_json(one) for one in standings]}
            for design, standings in found.standings.items()
        ],
    }


def _settings(found: StoredRace) -> Mapping[str, Any]:
    return found.settings


def _to_json(one: Standing) -> dict[str, Any]:
    return {
        "estimator": one.estimator,
        "answered": one.answered,
        "refused": one.refused,
        "reason": one.reason,
        "eligible": one.eligible,
        **{name: _measured(getattr(one, name)) for name in ("rmse", "bias", "relative")},
        "seconds": one.seconds,
        "intervals": [
            {
                "kind": found.kind,
                "answered": found.answered,
                "refused": found.refused,
                "reason": found.reason,
                "coverage": _measured(found.coverage),
                "length": _measured(found.length),
            }
            for found in one.intervals.values()
        ],
    }


def _measured(found: Measured | None) -> dict[str, float | None] | None:
    """JSON has no infinity: what is infinitely worse than a best without error is null."""
    if found is None:
        return None
    value = found.value if abs(found.value) != float("inf") else None
    return {"value": value, "error": found.error}


def _places(standings: Sequence[Standing]) -> int:
    known = [one.rmse for one in standings if one.rmse is not None]
    errors = [one.error for one in known if one.error]
    return places_for([min(errors)] if errors else [], [one.value for one in known])


def _line(one: Standing, places: int, shown: Sequence[str]) -> Line:
    intervals: Intervals | None = next(iter(one.intervals.values()), None)
    cells = {
        "RMSE": _cell(one.rmse, places),
        "× best": _cell(one.relative, 2),
        "bias": _cell(one.bias, places),
        "covered": _cell(intervals.coverage if intervals else None, 2),
        "length": _cell(intervals.length if intervals else None, max(places - 1, 0)),
        "seconds": (significant(one.seconds, 2), ""),
    }
    return Line(estimator_label(one.estimator), mark(one), tuple(cells[head] for head in shown))


def _cell(found: Measured | None, places: int) -> tuple[str, str]:
    if found is None:
        return "–", ""
    return number(found.value, places), "" if found.error is None else number(found.error, places)
