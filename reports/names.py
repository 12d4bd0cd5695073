"""What estimators, variances and treatment patterns are called in front of people.

Estimators take their name from the catalogue, so a new one needs no change here. The kinds of
variance are explained here once; an unknown kind is shown by its key.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from estimators import ESTIMATORS


@dataclass(frozen=True)
class VarianceWords:
    """How one kind of variance is explained.

    fixed: what is held fixed      compares: where its placebos are      read: when to read it
    """

    fixed: str
    compares: str
    read: str


VARIANCE_WORDS = {
    "marginal": VarianceWords(
        "Nothing: unit and period are both imagined drawn again.",
        "Other units in other periods.",
        "To say how far off such an estimate is in general. The steadiest of them, and too "
        "wide or too narrow when the treated units or periods are unusually quiet or noisy.",
    ),
    "given_unit": VarianceWords(
        "The treated units; the periods are imagined drawn again.",
        "The same units in other periods (the literature’s “time placebo”).",
        "When the treated units may vary more, or less, than the controls do.",
    ),
    "given_period": VarianceWords(
        "The treated periods; the units are imagined drawn again.",
        "Other units in the same periods (the literature’s “unit placebo”).",
        "When the treated periods may have been rougher, or calmer, than the others.",
    ),
    "given_both": VarianceWords(
        "Both: these units in these periods.",
        "Combines the two above, relative to the marginal one.",
        "To say how sure the answer is for exactly what was treated. It follows the noise most "
        "closely, and is itself the least certain of them.",
    ),
    "adaptive": VarianceWords(
        "As much as the data call for: units and periods as far as they are seen to differ.",
        "Moves from the marginal one towards given both, as far as placebos of other units differ "
        "between units and between periods.",
        "When it is not known beforehand whether noise is even. Where it is, close to the marginal "
        "one; where it clearly is not, close to given both.",
    ),
    "design_based": VarianceWords(
        "The treated periods; any of the units might have been the treated one.",
        "Synthetic controls of every unit, made from all others before treatment.",
        "For SC with one treated unit: right on average over the units that might have been "
        "treated, which plain placebos are not. It may be refused, for it can come out negative.",
    ),
    "bootstrap": VarianceWords(
        "The treated periods; units are drawn again, with replacement.",
        "The same estimate on resampled units.",
        "With several treated units, when they stand for more of their kind. Too narrow when they "
        "are few.",
    ),
    "jackknife": VarianceWords(
        "The treated periods and the weights; units are left out one by one.",
        "The same weights without each unit in turn.",
        "With several treated units, to see how much rests on single ones. Too narrow when they "
        "are few.",
    ),
    "conformal": VarianceWords(
        "The treated units; the periods might have come in another order.",
        "The treated units’ own misfit in all stretches of time, with the effect taken off first.",
        "When noise is not normal, or comes in spells. It assumes one effect in every treated "
        "cell and has no standard error.",
    ),
    "permutation": VarianceWords(
        "The treated periods; any of the units might have been the treated one.",
        "Other units in the same periods, by fit after treatment over fit before it.",
        "When units differ in how well they can be followed. It assumes one effect in every "
        "treated cell and has no standard error.",
    ),
}

TESTS = ("conformal", "permutation")  # without a variance
SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

PLACEBO_POOLS = {
    "given_period": "Other units, same periods",
    "given_unit": "Same units, other periods",
    "marginal": "Other units, other periods",
}


def estimator_label(key: str) -> str:
    """The short name in tables: "SDID"."""
    return key.upper()


def estimator_title(key: str) -> str:
    """The full name: "Synthetic difference in differences"; the label for an unknown key."""
    if key not in ESTIMATORS:
        return estimator_label(key)
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|\d+", type(ESTIMATORS[key]).__name__)
    title = " ".join(word if word.isupper() else word.lower() for word in words)
    return title[:1].upper() + title[1:]


def variance_label(kind: str) -> str:
    """The name of a kind of variance in running text: "given both"."""
    return kind.replace("_", " ")


def variance_phrase(kind: str) -> str:
    """The same with its noun: "variance given both", "marginal variance", "conformal test"."""
    label = variance_label(kind)
    if kind in TESTS:
        return f"{label} test"
    return f"variance {label}" if label.startswith("given ") else f"{label} variance"


def closed(text: str) -> str:
    """The text on one line, with a full stop at its end."""
    line = " ".join(text.split())
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."


def day(moment: datetime) -> str:
    """ "28 November 2026" """
    return f"{moment.day} {moment.strftime('%B %Y')}"


def spelled(count: int) -> str:
    """Small numbers as words, as in a heading: "six"."""
    return SMALL[count] if count < len(SMALL) else f"{count:,}"


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """ "1 unit", "2,370 cells" """
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"
