"""An exam in words and numbers: what the terminal, the page and `--json` have in common.

Coverage is shown with three decimals, whatever its Monte-Carlo error, which stands beside it or
below: rounding to the error would hide how close it came to nominal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from estimators.calibration.limits import exact_limits
from estimators.calibration.noise import NOISES
from estimators.calibration.summaries import EFFECTS, Covered, Score
from reports.names import closed, counted, estimator_label, variance_phrase
from reports.numbers import number, percent, significant
from storage.records import StoredCalibration

PATTERN_WORDS = {
    "cell": "a single cell", "block": "a block", "ended": "a block that ended",
    "on_off": "on and off",
}  # fmt: skip
LIMITS = 0.95  # level of the limits of a share
SHOWN = 5  # units or periods that were covered least


@dataclass(frozen=True)
class Column:
    """One number of a score: its name, what stands above it, and what it is for people."""

    name: str
    head: str
    words: str


COLUMNS = (
    Column("variance_ratio", "V/true", "mean variance over the true one"),
    Column("variability", "sd/mean", "standard deviation of the variance over its mean"),
    Column("coverage", "covered", "share of intervals that cover the truth"),
    Column("coverage_quietest", "quiet", "the same where treated cells are the quietest fifth"),
    Column("coverage_noisiest", "noisy", "and the noisiest fifth"),
    Column("length", "length", "mean length of the interval"),
    *(
        Column(
            f"size_adjusted_{effect}",
            f"at {effect}",
            f"size-adjusted power at an effect of {effect} standard "
            f"deviation{'s' if effect > 1 else ''} of the treated cells’ noise",
        )
        for effect in EFFECTS
    ),
)


def title(found: StoredCalibration) -> str:
    """What was asked, in one line."""
    if found.study is not None:
        return f"{found.study}: placebos on its own panel"
    said: Mapping[str, Any] = found.settings
    return (
        f"Noise {NOISES[said['noise']].words}; {PATTERN_WORDS[said['pattern']]} treated; "
        f"{said['units']} × {said['periods']}"
    )


def setting(found: StoredCalibration) -> str:
    """How it was asked, in one line."""
    said: Mapping[str, Any] = found.settings
    level = f"{percent(said['level'])} intervals"
    if found.study is not None:
        return f"{level}, at most {said['positions']:,} positions, seed {found.seed}"
    effect = "no effect" if not said["effect"] else f"effect {significant(said['effect'])}"
    once = f", {', '.join(map(estimator_label, said['once']))} tuned once" if said["once"] else ""
    return (
        f"{counted(said['replications'], 'replication')}, {effect}, {level}, "
        f"log-spread {significant(said['spread'])}, seed {found.seed}{once}"
    )


def value(score: Score, name: str) -> float | None:
    """One number of a score; None where there is none."""
    if name == "variance_ratio":
        mean, true = (value(score, part) for part in ("mean_variance", "true_variance"))
        return None if mean is None or not true else mean / true
    return score.numbers[name].value if name in score.numbers else None


def shown(score: Score, name: str) -> str:
    """The same as people read it."""
    found = value(score, name)
    if name == "length":
        return significant(found)
    return number(found, 3 if name.startswith("coverage") else 2)


def error(score: Score, name: str) -> float | None:
    """Its Monte-Carlo error, where it has one of its own."""
    return score.numbers[name].error if name in score.numbers else None


def largest_error(found: StoredCalibration, names: tuple[str, ...]) -> float:
    """Of the numbers of these names, the largest Monte-Carlo error."""
    errors = (error(score, name) for score in found.scores for name in names)
    return max((one for one in errors if one is not None), default=0.0)


def own_sentence(found: StoredCalibration, score: Score) -> str:
    """On this panel, the 95 % interval of SDID (variance given both) covered 94 % …"""
    level = percent(found.settings["level"])
    name = f"{estimator_label(score.estimator)}, {variance_phrase(score.kind)}"
    coverage = score.numbers.get("coverage")
    if coverage is None:
        asked = counted(score.answered + score.refused, "position")
        at = f"{score.refused:,} of {asked}" if score.answered else f"all {asked}"
        return closed(f"{name}: refused at {at}, because {score.reason}")
    refused = f"; {score.refused:,} more were refused" if score.refused else ""
    covered = f"{100 * coverage.value:.1f} %{_off(score)}"
    return (
        f"On this panel the {level} interval ({name}) covered {covered} of "
        f"{counted(score.answered, 'placebo')}{refused}."
    )


def _off(score: Score) -> str:
    """How far a coverage may be off: ± its error; limits where none, or all, were covered.

    A share of 0 or 1 has no spread to tell an error by, and yet is not certain.
    """
    coverage = score.numbers["coverage"]
    if coverage.value in (0, 1):
        ends = exact_limits(round(coverage.value * score.answered), score.answered, LIMITS)
        low, high = (100 * end for end in ends)
        return f" ({percent(LIMITS)} limits {low:.1f} to {high:.1f})"
    return "" if coverage.error is None else f" (± {100 * coverage.error:.1f})"


def least_covered(score: Score, by: str) -> tuple[Covered, ...]:
    """The units or periods that were covered least, worst first."""
    ordered = sorted(score.groups.get(by, ()), key=lambda one: one.coverage)
    return tuple(ordered[:SHOWN])


def to_json(found: StoredCalibration) -> dict[str, Any]:
    """The exam as the object that `--json` prints."""
    return {
        "request_id": found.request_id,
        "study": found.study,
        "settings": dict(found.settings),
        "seed": found.seed,
        "created_at": found.created_at.isoformat(),
        "scores": [
            {
                "estimator": score.estimator,
                "kind": score.kind,
                "answered": score.answered,
                "refused": score.refused,
                "reason": score.reason,
                "numbers": {
                    name: {"value": one.value, "error": one.error}
                    for name, one in score.numbers.items()
                },
                "groups": {
                    name: [vars(part) for part in parts] for name, parts in score.groups.items()
                },
            }
            for score in found.scores
        ],
    }
