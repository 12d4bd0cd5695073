"""What the plan's rule recommends, from the return and how sure it is.

    repeat        P(return > 0) ≥ repeat
    stop          P(return > 0) ≤ stop
    change        as stop, but P(margin > 0) ≥ repeat: it sells at a gain that its cost eats up, so
                  that other terms, not another promotion, are what is asked for
    inconclusive  in between, or no distribution of the return

With it goes what decides whether terms are worth changing: the margin itself is the net cost
(cost − funding) at which the return is zero, and its quantile the net cost at which the rule would
say repeat. And what being wrong costs, on average over the confidence distribution (confidence.py).

A recommendation decides nothing. The rule is this project's; where its two limits lie is the
plan's, before the result is known.
"""

from dataclasses import dataclass
from typing import Literal

from estimators.economics.amounts import Amount, Said
from estimators.economics.confidence import expected_gain, quantile

Verdict = Literal["repeat", "change", "stop", "inconclusive"]


@dataclass(frozen=True)
class Rule:
    """Limits on P(return > 0): repeat at or above the one, stop at or below the other."""

    repeat: float
    stop: float


@dataclass(frozen=True)
class Recommendation:
    """The verdict and the numbers that led to it.

    probability, of_margin: P(return > 0) and P(margin > 0)
    kind: of inference that they come from
    loss: expected loss of repeating      forgone: expected gain missed by stopping
    break_even: net cost at which the expected return is zero
    affordable: net cost up to which the rule would say repeat
    reason: why there is no other verdict, where the return has no distribution
    """

    verdict: Verdict
    kind: str
    rule: Rule
    probability: float | None = None
    of_margin: float | None = None
    loss: float | None = None
    forgone: float | None = None
    break_even: float | None = None
    affordable: float | None = None
    reason: str | None = None


def recommend(gain: Amount, margin: Amount, rule: Rule, kind: str) -> Recommendation:
    """What the rule says.

    gain: the return      margin: of everything it counts, before cost and funding
    """
    said, before = gain.by(kind), margin.by(kind)
    if gain.value is None or margin.value is None:
        reason = gain.reason or margin.reason
        return Recommendation("inconclusive", kind, rule, reason=reason)
    if said is None or before is None or said.probability is None:
        refused = {one.key: one.reason for one in gain.said if not isinstance(one, Said)}
        no_distribution = f"{kind} has no standard error, so that no probability follows from it"
        return Recommendation("inconclusive", kind, rule, reason=refused.get(kind, no_distribution))
    assert said.standard_error is not None
    assert said.df is not None
    assert before.probability is not None
    error, df = said.standard_error, said.df
    return Recommendation(
        _verdict(said.probability, before.probability, rule),
        kind,
        rule,
        probability=said.probability,
        of_margin=before.probability,
        loss=expected_gain(-gain.value, error, df),
        forgone=expected_gain(gain.value, error, df),
        break_even=margin.value,
        affordable=quantile(margin.value, error, df, rule.repeat),
    )


def _verdict(probability: float, of_margin: float, rule: Rule) -> Verdict:
    if probability >= rule.repeat:
        return "repeat"
    if probability > rule.stop:
        return "inconclusive"
    return "change" if of_margin >= rule.repeat else "stop"
