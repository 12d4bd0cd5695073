"""The whole account of a promotion: every amount, the sum over linked outcomes, the return.

Amounts of the promoted outcome come part by part; of linked outcomes too; then, over all parts,
of each role together and of everything. Units of different items are not added up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from estimators.economics.amounts import PROMOTED as PROMOTED
from estimators.economics.amounts import Amount, Asked, Outcome, shifted
from estimators.economics.decision import Recommendation, Rule, recommend

ALL = "all"
ROLES = ("cannibalised", "halo")
MONEY = ("revenue", "margin")


@dataclass(frozen=True)
class Terms:
    """What the promotion cost and what suppliers paid towards it; None where it was not said."""

    cost: float | None = None
    funding: float = 0.0


@dataclass(frozen=True)
class Account:
    """amounts: in the order of the module's docstring; recommendation: None without a rule."""

    amounts: tuple[Amount, ...]
    recommendation: Recommendation | None = None

    def find(self, what: str, of: str | None = None, part: str | None = None) -> Amount | None:
        """The first amount of this description."""
        return next(
            (
                one
                for one in self.amounts
                if one.what == what and of in (None, one.of) and part in (None, one.part)
            ),
            None,
        )


def account_of(
    outcomes: Sequence[Outcome],
    terms: Terms,
    asked: Asked,
    rule: Rule | None = None,
    primary: str = "given_both",
) -> Account:
    """Everything that follows from these outcomes, the promoted one first.

    primary: the kind of inference that the rule is applied to
    """
    promoted, linked = outcomes[0], outcomes[1:]
    whole = promoted.whole
    amounts = [
        amount
        for outcome in outcomes
        for part in outcome.parts
        for amount in _of_part(asked, outcome, part)
    ]
    for role in ROLES:
        members = [outcome for outcome in linked if outcome.role == role]
        if members:
            amounts += [asked.amount(what, role, members, whole) for what in MONEY]
    counted = ALL if linked else promoted.name
    margin = asked.amount("margin", counted, outcomes, whole)
    if linked:
        amounts += [asked.amount("revenue", ALL, outcomes, whole), margin]
    gain = _return(margin, terms)
    amounts.append(gain)
    if terms.cost is not None and terms.cost > terms.funding:
        amounts.append(shifted(gain, "roi", 0.0, terms.cost - terms.funding))
    if rule is None:
        return Account(tuple(amounts))
    return Account(tuple(amounts), recommend(gain, margin, rule, primary))


def _of_part(asked: Asked, outcome: Outcome, part: str) -> list[Amount]:
    """Units, revenue and margin of one part, or of all together."""
    return [asked.amount(what, outcome.name, [outcome], part) for what in ("units", *MONEY)]


def _return(margin: Amount, terms: Terms) -> Amount:
    if terms.cost is None and margin.value is not None:
        reason = "the plan gives no cost of the promotion; add cost, 0 where there was none"
        return Amount("return", margin.of, margin.part, None, reason=reason)
    return shifted(margin, "return", terms.funding - (terms.cost or 0.0))
