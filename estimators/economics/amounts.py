"""Effects in units and in money.

Of an outcome o with n_p treated cells averaged in part p of the treatment, effect τ_p, u units of
goods in one unit of outcome, price and margin per unit of goods,

    units      u n_p τ_p
    revenue    price u n_p τ_p
    margin     margin u n_p τ_p         with a price and margin of its own after the promotion
    return     Σ_o margin over all parts + funding − cost
    roi        return / (cost − funding)        where that is above zero

Prices, margins, cost and funding are given numbers: only sales are uncertain. Totals are over
observed cells; nothing is extrapolated to those that are missing. A part of one outcome is its
effect times a number, and so are the ends of its interval, whatever the kind of inference.
Everything else is a sum of effects with paired placebos (sums.py). The sign of an effect on another
item is found, never imposed, whatever role was expected of it.

Source: van Heerde, Leeflang and Wittink (2004) for the decomposition in units: gross gain, what was
moved in time, what was taken from other items. Which of it is net follows from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from estimators.core.estimands import NET
from estimators.core.fit import Inference, PartEffect, Refusal
from estimators.economics.confidence import probability_above_zero
from estimators.economics.sums import Term, inferred_sum
from estimators.variance.kinds import InferenceKind
from estimators.variance.placebos import Placebos

AFTER = "after"
PROMOTED = "promoted"


@dataclass(frozen=True)
class Prices:
    """What one unit of goods is worth; None where it was not said.

    units: goods in one unit of outcome
    price_after, margin_after: in the weeks after; None: as during the promotion
    """

    units: float = 1.0
    price: float | None = None
    margin: float | None = None
    price_after: float | None = None
    margin_after: float | None = None

    def per_unit(self, what: str, part: str) -> float | None:
        """Money per unit of goods in a part, `what` being "price" or "margin"."""
        usual: float | None = getattr(self, what)
        after: float | None = getattr(self, f"{what}_after")
        return after if part == AFTER and after is not None else usual

    def varies(self, what: str) -> bool:
        """Whether it is another one after the promotion."""
        return self.per_unit(what, AFTER) != self.per_unit(what, NET)


@dataclass(frozen=True, eq=False)
class Outcome:
    """One outcome of the promotion, answered.

    role: "promoted", "cannibalised" or "halo"
    parts, placebos: by name of the part, the same names; empty when it was refused, and why
    """

    name: str
    role: str
    prices: Prices
    parts: Mapping[str, PartEffect]
    placebos: Mapping[str, Placebos]
    reason: str | None = None

    @property
    def called(self) -> str:
        """Its name in a sentence."""
        return "the promoted item" if self.role == PROMOTED else self.name

    @property
    def whole(self) -> str:
        """The name of all parts together."""
        return NET if NET in self.parts else next(iter(self.parts))


@dataclass(frozen=True)
class Said:
    """What one kind of inference says about an amount.

    probability: that it is above zero, by the confidence distribution; None where the kind has none
    """

    kind: str
    level: float
    low: float
    high: float
    standard_error: float | None = None
    df: float | None = None
    probability: float | None = None


@dataclass(frozen=True)
class Amount:
    """One quantity in units or money.

    what: "units", "revenue", "margin", "return" or "roi"
    of: name of the outcome, a role for all outcomes of it, or "all"      part: of the treatment
    value: None where `reason` says why there is none
    said: by kind of inference, a refusal where it has no answer
    """

    what: str
    of: str
    part: str
    value: float | None
    said: tuple[Said | Refusal, ...] = ()
    reason: str | None = None

    def by(self, kind: str) -> Said | None:
        """What this kind says, if it answered."""
        return next((one for one in self.said if isinstance(one, Said) and one.kind == kind), None)


class Missing(Exception):
    """A number that an amount needs and that nobody gave."""


@dataclass(frozen=True, eq=False)
class Asked:
    """How amounts are inferred.

    kinds, level: as in evaluate
    """

    kinds: Sequence[InferenceKind]
    level: float

    def amount(self, what: str, of: str, outcomes: Sequence[Outcome], part: str) -> Amount:
        """Units, revenue or margin of these outcomes in a part of the treatment."""
        try:
            value, found = self._sum(what, outcomes, part)
        except Missing as missing:
            return Amount(what, of, part, None, reason=str(missing))
        return Amount(what, of, part, value, tuple(_said(one, value) for one in found))

    def _sum(
        self, what: str, outcomes: Sequence[Outcome], part: str
    ) -> tuple[float, Sequence[Inference | Refusal]]:
        terms = [term for one in outcomes for term in _terms(what, one, part)]
        if len(terms) > 1:
            return inferred_sum(terms, self.kinds, self.level)
        (term,), (outcome,) = terms, outcomes
        effect = outcome.parts[part]
        return term.weight * term.effect, [_times(one, term.weight) for one in effect.inferences]


def shifted(amount: Amount, what: str, constant: float, scale: float = 1.0) -> Amount:
    """(amount + constant) / scale, which is above zero: a constant is certain."""

    def moved(value: float) -> float:
        return (value + constant) / scale

    if amount.value is None:
        return replace(amount, what=what)
    value = moved(amount.value)
    said = tuple(
        one if isinstance(one, Refusal) else _moved(one, value, scale, moved) for one in amount.said
    )
    return replace(amount, what=what, value=value, said=said)


def _terms(what: str, outcome: Outcome, part: str) -> list[Term]:
    """What is summed of one outcome: a part, or what the net consists of where money differs."""
    if outcome.reason is not None:
        raise Missing(f"{outcome.called} was not answered: {outcome.reason}")
    money = {"revenue": "price", "margin": "margin"}.get(what)
    names = [part]
    if part == NET and money and outcome.prices.varies(money):
        names = [name for name in outcome.parts if name != NET]
    found = []
    for name in names:
        effect = outcome.parts[name]
        per_unit = 1.0 if money is None else outcome.prices.per_unit(money, name)
        if per_unit is None:
            raise Missing(f"the plan gives no {money} of {outcome.called}; add {money}, per unit")
        if effect.att is None:
            raise Missing(f"{outcome.called}, {name}: {effect.reason}")
        weight = per_unit * outcome.prices.units * effect.cells
        label = f"{outcome.name}, {name}"
        found.append(Term(label, effect.att, weight, outcome.placebos[name]))
    return found


def _times(one: Inference | Refusal, weight: float) -> Inference | Refusal:
    """An inference about the att as one about a multiple of it."""
    if isinstance(one, Refusal):
        return one
    low, high = sorted((weight * one.ci_low, weight * one.ci_high))
    error = None if one.standard_error is None else abs(weight) * one.standard_error
    return replace(one, ci_low=low, ci_high=high, standard_error=error, variance=None)


def _said(one: Inference | Refusal, value: float) -> Said | Refusal:
    if isinstance(one, Refusal):
        return one
    said = Said(one.kind, one.level, one.ci_low, one.ci_high, one.standard_error, one.df)
    return _with_probability(said, value)


def _moved(one: Said, value: float, scale: float, moved: Callable[[float], float]) -> Said:
    error = None if one.standard_error is None else one.standard_error / scale
    said = replace(one, low=moved(one.low), high=moved(one.high), standard_error=error)
    return _with_probability(said, value)


def _with_probability(said: Said, value: float) -> Said:
    if not said.standard_error or said.df is None:
        return said
    return replace(said, probability=probability_above_zero(value, said.standard_error, said.df))
