"""Which estimator a study is announced with: its key, or the rule by which a race finds it.

    primary: sdid
    primary: {rule: lowest_rmse, replications: 200, fallback: sdid}
    primary: {rule: ensemble}

Either is written down before the result is seen. A rule is applied to data without the treated
outcomes, and before any effect is computed.
"""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag

from estimators import ESTIMATORS
from estimators.race.choice import RULES
from studies.mistakes import CHOICES
from studies.part import Part

KEY, RULE = CHOICES[2:]


def one_of(known: Iterable[str]) -> AfterValidator:
    """A validator of text that must be one of these."""
    choices = tuple(known)

    def check(key: str) -> str:
        if key not in choices:
            raise ValueError(f"choose from {', '.join(choices)}")
        return key

    return AfterValidator(check)


EstimatorKey = Annotated[str, one_of(ESTIMATORS)]


class PrimaryRule(Part):
    """The primary estimator is chosen among the study's by a race on panels like its own.

    rule: lowest_rmse, or ensemble: several at once, weighted
    replications: simulated panels of each estimator
    seed: of the race; the study's own when it is not given
    fallback: the primary where the panel is too small for a race
    """

    rule: Annotated[str, one_of(RULES)]
    replications: int = Field(default=200, ge=20, le=100_000)
    seed: int | None = Field(default=None, ge=0)
    fallback: EstimatorKey = "sdid"


def _key_or_rule(primary: Any) -> str | None:
    if isinstance(primary, PrimaryRule | dict):
        return RULE
    return KEY if isinstance(primary, str) else None


Primary = Annotated[
    Annotated[EstimatorKey, Tag(KEY)] | Annotated[PrimaryRule, Tag(RULE)],
    Discriminator(
        _key_or_rule,
        custom_error_type="no_primary",
        custom_error_message=f"give the key of an estimator, or {{rule: {' | '.join(RULES)}}}",
    ),
]


def asked_for(primary: str | PrimaryRule, asked: tuple[str, ...], what: str) -> None:
    """Raise ValueError when the primary, or what a rule falls back on, is not among these."""
    known = f"the study's {what}: {', '.join(asked)}"
    if isinstance(primary, PrimaryRule):
        if len(asked) < 2:
            raise ValueError(f"a rule chooses among two estimators or more; these are {known}")
        if primary.fallback not in asked:
            raise ValueError(f"its fallback is one of {known}, not {primary.fallback!r}")
    elif primary not in asked:
        raise ValueError(f"choose from {known}")
