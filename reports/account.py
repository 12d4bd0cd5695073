"""The account of a promotion in words: what it brought, how sure that is, what the rule says.

Everything was computed and stored with the result (estimators/economics/). It is about the plan's
primary estimator and kind of inference; where that was refused there is no account, and it is said.
"""

from estimators.core.fit import Refusal
from estimators.economics.account import PROMOTED
from estimators.economics.amounts import Amount
from estimators.economics.decision import Recommendation
from reports.account_rows import chance, has_parts, money, shown
from reports.names import closed, counted, estimator_label, variance_phrase
from reports.numbers import percent
from storage.accounts import account_in, linked_in, parts_in, primary_of
from storage.records import StoredResult

VERDICTS = {
    "repeat": "Repeat it",
    "change": "Change its terms",
    "stop": "Stop it",
    "inconclusive": "Inconclusive",
}
WHAT_P_IS = (
    "A probability here says how far down the procedure’s own intervals reach: it is {limit} or "
    "more exactly when the {level} interval lies above zero. No prior belief enters; it is a "
    "confidence distribution, not a Bayesian posterior."
)


def asks_for_account(result: StoredResult) -> bool:
    """Whether the plan has anything that an account is made of."""
    return result.plan.promotion is not None and result.plan.promotion.economics is not None


def verdict(result: StoredResult) -> str:
    """What the plan's rule recommends, and why, in one or two sentences; "" without a rule."""
    account = account_in(result)
    if account is None:
        return _no_account(result) if asks_for_account(result) else ""
    found = account.recommendation
    if found is None:
        return ""
    head = f"Recommendation: {VERDICTS[found.verdict].lower()}."
    gain = account.find("return")
    assert gain is not None
    if found.probability is None or gain.value is None:
        return f"{head} {closed(_capital(found.reason or 'the return is not known'))}"
    paid = f"so that it paid with probability {chance(found.probability)}"
    said = f"{_return_words(result, gain)}, {paid}"
    if found.verdict == "change":
        return (
            f"{head} It sells at a gain, but costs more than it brings: {said}. "
            f"{_affordable(result, found)}"
        )
    return f"{head} {_capital(said)}."


def rule_sentences(result: StoredResult) -> list[str]:
    """The rule, what being wrong would cost, and what a probability means here."""
    account = account_in(result)
    found = account.recommendation if account else None
    if account is None or found is None:
        asked = asks_for_account(result) and account is not None
        return ["The plan has no rule by which to decide (promotion.decide)."] if asked else []
    rule = found.rule
    said = [
        f"The rule, in the plan before this result was known: repeat when the probability that "
        f"it paid is {percent(rule.repeat)} or more, stop when it is {percent(rule.stop)} or less, "
        f"or change its terms where it still sells at a gain; in between it is inconclusive. It "
        f"recommends, people decide."
    ]
    if found.probability is not None:
        said.append(_wrong(result, found))
        if found.verdict != "change":
            said.append(_affordable(result, found))
        level = result.plan.inference.level
        said.append(
            WHAT_P_IS.format(limit=percent(round((1 + level) / 2, 9)), level=percent(level))
        )
    return said


def notes(result: StoredResult) -> list[str]:
    """What the account rests on."""
    account, asked = account_in(result), result.plan.promotion
    if account is None or asked is None or asked.economics is None:
        return []
    planned = result.plan.inference
    found = [
        f"From {estimator_label(result.primary)}, {variance_phrase(planned.primary)}, "
        f"{percent(planned.level)} intervals."
    ]
    if has_parts(account) or linked_in(result):
        found.append(
            "Sums rest on placebos that are paired: the same units and periods for every part and "
            "item, so that whatever moves them together is in the interval."
        )
    found.append(
        "Prices, margins, cost and funding are taken as given; only sales are uncertain. Revenue "
        "and margin are those of the additional units: what the discount gives away on units that "
        "would have sold anyhow belongs into the cost."
    )
    return found


def cautions(result: StoredResult) -> list[str]:
    """What is not in the account, and why."""
    account = account_in(result)
    if account is None:
        return []
    found = _missing(result)
    for one in linked_in(result):
        if one.reason is not None:
            found.append(f"{one.name} was refused: {closed(one.reason)}")
    reasons = {one.reason: None for one in account.amounts if one.value is None and one.reason}
    found += [_capital(closed(reason)) for reason in reasons]
    primary = result.plan.inference.primary
    refused = {
        said.reason: None
        for one in account.amounts
        for said in one.said
        if isinstance(said, Refusal) and said.key == primary
    }
    return found + [f"No interval for some amounts: {closed(reason)}" for reason in refused]


def _no_account(result: StoredResult) -> str:
    label = estimator_label(result.primary)
    estimate = primary_of(result)
    reason = estimate.reason if estimate and estimate.reason else "it was not asked for"
    return f"Recommendation: inconclusive. {label}, which the account rests on, was refused: " + (
        closed(reason)
    )


def _return_words(result: StoredResult, gain: Amount) -> str:
    text, bounds = shown(result, gain)
    level = percent(result.plan.inference.level)
    interval_words = f" ({level} interval {bounds})" if bounds else ""
    return f"after its cost and funding the promotion returned {text}{interval_words}"


def _wrong(result: StoredResult, found: Recommendation) -> str:
    if found.loss is None or found.forgone is None:
        return (
            "What a wrong decision would cost on average cannot be said: with so few degrees of "
            "freedom it has no finite value."
        )
    return (
        f"What being wrong would cost, on average over what the data leave open: repeating one "
        f"that does not pay loses {money(result, found.loss)}, stopping one that pays forgoes "
        f"{money(result, found.forgone)}."
    )


def _affordable(result: StoredResult, found: Recommendation) -> str:
    assert found.affordable is not None
    assert found.break_even is not None
    if found.break_even <= 0:
        return "It brought no margin, so that no cost would be low enough."
    least = max(found.affordable, 0.0)
    rule = (
        f"the rule says repeat up to {money(result, least)}"
        if least
        else "the rule would not say repeat at any cost"
    )
    return f"It breaks even at {money(result, found.break_even)} of cost after funding; {rule}."


def _missing(result: StoredResult) -> list[str]:
    estimate = primary_of(result)
    whole = list(parts_in(estimate).values())[-1:] if estimate else []
    missing = [(PROMOTED, part.missing) for part in whole]
    if estimate and not whole:
        rows = estimate.diagnostics.get("cumulative") or []
        missing = [(PROMOTED, int(rows[-1]["missing"]))] if rows else []
    missing += [
        (one.name, list(one.parts.values())[-1].missing) for one in linked_in(result) if one.parts
    ]
    names = {PROMOTED: "the promoted item"}
    return [
        f"{counted(count, 'treated cell')} of {names.get(name, name)} "
        f"{'is' if count == 1 else 'are'} not observed, and in no total."
        for name, count in missing
        if count
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
