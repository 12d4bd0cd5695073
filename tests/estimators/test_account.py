"""The account of a promotion: amounts, their sums over outcomes, the return and the rule."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from estimators import ESTIMATORS, STANDARD_VARIANCES, VARIANCES
from estimators.core.estimands import NET
from estimators.core.fit import Refusal
from estimators.economics.account import ALL, Account, Terms, account_of
from estimators.economics.amounts import Amount, Asked, Outcome, Prices, Said
from estimators.economics.confidence import (
    expected_gain,
    probability_above_zero,
    quantile,
)
from estimators.economics.decision import Rule, recommend
from tests.estimators.promoted import (
    ITEM,
    PRICES,
    TEA,
    outcomes,
    panels,
    treatment,
)

DID = ESTIMATORS["did"]
KINDS = tuple(STANDARD_VARIANCES.values())
ASKED = Asked(KINDS, 0.95)
TERMS = Terms(cost=20.0, funding=5.0)
RULE = Rule(repeat=0.8, stop=0.2)


def one_item(prices: Prices = PRICES[ITEM], terms: Terms = TERMS, after: bool = False) -> Account:
    worn = treatment()
    last = worn & (np.arange(worn.shape[1]) == worn.shape[1] - 1)
    parts = {"promotion": worn & ~last, "after": last} if after else None
    found = panels(3, worn, effects={ITEM: 4.0})
    return account_of(
        outcomes(found, DID, KINDS, {ITEM: prices}, parts), terms, ASKED, RULE, "given_both"
    )


def amount(account: Account, what: str, of: str | None = None, part: str | None = None) -> Amount:
    found = account.find(what, of, part)
    assert found is not None
    return found


def said(found: Amount, kind: str = "given_both") -> Said:
    one = found.by(kind)
    assert one is not None
    return one


def test_an_outcome_by_itself_is_worth_its_units_times_what_one_is_worth() -> None:
    account = one_item()
    units, revenue = amount(account, "units"), amount(account, "revenue")
    margin, gain = amount(account, "margin"), amount(account, "return")
    assert revenue.value == pytest.approx(4.5 * (units.value or 0))
    assert margin.value == pytest.approx(1.2 * (units.value or 0))
    assert gain.value == pytest.approx((margin.value or 0) + 5 - 20)
    assert amount(account, "roi").value == pytest.approx((gain.value or 0) / 15)
    for kind in STANDARD_VARIANCES:
        low, high = said(units, kind).low, said(units, kind).high
        assert said(revenue, kind).low == pytest.approx(4.5 * low)
        assert said(gain, kind).high == pytest.approx(1.2 * high - 15)
        assert said(gain, kind).standard_error == said(margin, kind).standard_error
        assert said(gain, kind).df == said(units, kind).df


@settings(max_examples=300, derandomize=True)
@given(
    value=st.floats(-1e3, 1e3),
    error=st.floats(0.01, 1e3),
    df=st.one_of(st.floats(1, 500), st.just(np.inf)),
    level=st.floats(0.6, 0.99),
)
def test_the_probability_reaches_its_limit_exactly_when_the_interval_lies_above_zero(
    value: float, error: float, df: float, level: float
) -> None:
    low = value - error * stats.t.ppf((1 + level) / 2, df)
    probability = probability_above_zero(value, error, df)
    if abs(low) > 1e-6 * error:
        assert (low > 0) == (probability >= (1 + level) / 2)
    assert quantile(value, error, df, (1 + level) / 2) == pytest.approx(low, abs=1e-6 * error)


def test_the_interval_of_a_return_lies_above_zero_exactly_when_its_probability_says_so() -> None:
    for cost in np.linspace(-10, 60, 71):
        gain = amount(one_of_cost(float(cost)), "return")
        for kind in STANDARD_VARIANCES:
            found = said(gain, kind)
            assert found.probability is not None
            assert (found.low > 0) == (found.probability > 0.975)
            assert (found.high < 0) == (found.probability < 0.025)


_worn = treatment()
_once = outcomes(panels(3, _worn, effects={ITEM: 4.0}), DID, KINDS)


def one_of_cost(cost: float) -> Account:
    return account_of(_once, Terms(cost), ASKED, RULE, "given_both")


@pytest.mark.parametrize("df", [1.5, 3.0, 12.0, 250.0, np.inf])
@pytest.mark.parametrize("value", [-4.0, -0.3, 0.0, 2.0, 7.0])
def test_the_expected_gain_is_the_integral_it_stands_for(value: float, df: float) -> None:
    error = 1.7
    density = stats.norm if np.isinf(df) else stats.t(df)
    slow, _ = integrate.quad(
        lambda t: (value + error * t) * density.pdf(t), -value / error, np.inf, limit=500
    )
    found = expected_gain(value, error, df)
    assert found == pytest.approx(slow, rel=1e-5, abs=1e-9)
    missed = expected_gain(-value, error, df)
    assert found is not None
    assert missed is not None
    assert found - missed == pytest.approx(value)
    assert expected_gain(value, error, 1.0) is None


def test_the_return_counts_the_parts_together_and_other_margins_after() -> None:
    same, other = one_item(after=True), one_item(Prices(margin=1.2, margin_after=2.0), after=True)
    units = {part: amount(same, "units", ITEM, part).value or 0 for part in ("promotion", "after")}
    assert amount(same, "margin", ITEM, NET).value == pytest.approx(1.2 * sum(units.values()))
    margin = amount(other, "margin", ITEM, NET)
    assert margin.value == pytest.approx(1.2 * units["promotion"] + 2 * units["after"])
    assert amount(other, "margin", ITEM, "after").value == pytest.approx(2 * units["after"])
    assert amount(other, "return").part == NET
    by_hand = said(amount(same, "margin", ITEM, NET))
    # with one margin the paired sum of the parts is the net itself
    close = one_item(Prices(margin=1.2, margin_after=1.2 + 1e-12), after=True)
    paired = said(amount(close, "margin", ITEM, NET))
    assert paired.standard_error == pytest.approx(by_hand.standard_error, rel=1e-9)
    assert paired.df == pytest.approx(by_hand.df)


def test_units_of_goods_may_be_several_in_one_unit_of_outcome() -> None:
    daily = one_item(replace(PRICES[ITEM], units=7.0))
    assert amount(daily, "units").value == pytest.approx(
        7 * (amount(one_item(), "units").value or 0)
    )
    assert amount(daily, "margin").value == pytest.approx(
        7 * (amount(one_item(), "margin").value or 0)
    )


def linked(share: float = 0.5, seed: int = 3) -> list[Outcome]:
    return outcomes(panels(seed, treatment(), share), DID, KINDS)


def test_what_is_not_said_or_not_answered_is_refused_by_name() -> None:
    found = linked()
    account = account_of(found, Terms(), ASKED, RULE, "given_both")
    gain = amount(account, "return")
    assert gain.value is None
    assert (
        gain.reason == "the plan gives no cost of the promotion; add cost, 0 where there was none"
    )
    assert account.recommendation is not None
    assert account.recommendation.verdict == "inconclusive"
    assert account.recommendation.reason == gain.reason
    no_margin = [replace(one, prices=Prices()) if one.name == TEA else one for one in found]
    account = account_of(no_margin, TERMS, ASKED, RULE, "given_both")
    assert (
        amount(account, "return").reason == "the plan gives no margin of tea; add margin, per unit"
    )
    assert amount(account, "margin", ITEM).value is not None
    refused = [
        replace(one, parts={}, reason="too few") if one.name == TEA else one for one in found
    ]
    account = account_of(refused, TERMS, ASKED, RULE, "given_both")
    assert amount(account, "margin", ALL).reason == "tea was not answered: too few"


def test_one_outcome_that_cannot_be_answered_leaves_the_others_answered() -> None:
    worn = treatment()
    found = panels(5, worn)
    empty = np.where(np.arange(worn.shape[1]) < 20, np.nan, found[TEA].outcome)
    found[TEA] = replace(found[TEA], outcome=empty)
    said_of = {one.name: one for one in outcomes(found, DID, KINDS)}
    assert said_of[TEA].reason is not None
    assert said_of[TEA].parts == {}
    assert said_of[ITEM].reason is None
    account = account_of(list(said_of.values()), TERMS, ASKED, RULE, "given_both")
    assert (amount(account, "return").reason or "").startswith("tea was not answered: ")


@pytest.mark.parametrize("kind", STANDARD_VARIANCES)
@pytest.mark.parametrize("what", ["units", "margin", "return", "roi"])
def test_an_interval_is_as_wide_as_its_own_standard_error_says(what: str, kind: str) -> None:
    found = said(amount(account_of(_once, TERMS, ASKED), what), kind)
    assert found.standard_error is not None
    half = stats.t.ppf(0.975, found.df) * found.standard_error
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=1e-9)


def test_goods_sold_below_cost_have_the_interval_of_a_gain_mirrored_at_zero() -> None:
    gain, loss = (said(amount(one_item(Prices(margin=m)), "margin")) for m in (1.2, -1.2))
    assert (loss.low, loss.high) == (-gain.high, -gain.low)
    assert loss.low < loss.high
    assert loss.probability == pytest.approx(1 - (gain.probability or 0))


def test_there_is_no_roi_where_suppliers_pay_as_much_as_it_cost() -> None:
    assert account_of(_once, Terms(5.0, 5.0), ASKED).find("roi") is None
    assert account_of(_once, Terms(5.0, 4.0), ASKED).find("roi") is not None


@pytest.mark.parametrize(
    ("cost", "verdict"), [(-50.0, "repeat"), (None, "inconclusive"), (200.0, "change")]
)
def test_the_rule_says_what_its_limits_say(cost: float | None, verdict: str) -> None:
    even = amount(one_of_cost(0.0), "margin").value or 0.0
    found = one_of_cost(even if cost is None else cost).recommendation
    assert found is not None
    assert found.break_even == even
    assert found is not None
    assert found.verdict == verdict
    assert found.probability is not None
    assert (found.probability >= 0.8) == (verdict == "repeat")
    assert (found.probability <= 0.2) == (verdict == "change")
    assert found.affordable is not None
    at_limit = one_of_cost(found.affordable).recommendation
    assert at_limit is not None
    assert at_limit.probability == pytest.approx(0.8)


@pytest.mark.parametrize("cost", [-50.0, 0.0, 200.0])
def test_what_stopping_forgoes_less_what_repeating_loses_is_the_return(cost: float) -> None:
    """max(θ, 0) − max(−θ, 0) = θ, so that their expectations differ by the mean, which is R."""
    account = one_of_cost(cost)
    found, gain = account.recommendation, amount(account, "return").value
    assert found is not None
    assert found.forgone is not None
    assert found.loss is not None
    assert gain is not None
    assert found.forgone - found.loss == pytest.approx(gain, rel=1e-9)


def test_a_promotion_that_sells_nothing_is_stopped_and_not_changed() -> None:
    worn = treatment()
    for effect, verdict in ((0.0, "stop"), (-4.0, "stop"), (4.0, "change")):
        found = outcomes(panels(4, worn, effects={ITEM: effect}), DID, KINDS)
        account = account_of(found, Terms(100.0), ASKED, RULE, "given_both")
        assert account.recommendation is not None
        assert account.recommendation.verdict == verdict


def test_a_kind_without_a_distribution_gives_an_interval_and_no_probability() -> None:
    kind = VARIANCES["conformal"]
    found = outcomes(panels(3, treatment(), effects={ITEM: 4.0}), DID, [kind])
    account = account_of(found, TERMS, Asked([kind], 0.95), RULE, kind.kind)
    gain = said(amount(account, "return"), kind.kind)
    assert gain.low < gain.high
    assert gain.probability is None
    assert account.recommendation is not None
    assert account.recommendation.reason == (
        "conformal has no standard error, so that no probability follows from it"
    )


def test_a_rule_needs_the_return_of_the_kind_it_was_made_for() -> None:
    gain = Amount("return", ITEM, NET, 3.0, (Refusal("given_both", "too few units"),))
    found = recommend(gain, replace(gain, what="margin"), RULE, "given_both")
    assert (found.verdict, found.reason) == ("inconclusive", "too few units")
