"""The account of a promotion as people read it: the verdict first, then where it comes from."""

import io
import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from rich.console import Console

from reports.account import cautions, notes, rule_sentences, verdict
from reports.account_figure import decomposition
from reports.account_rows import chance, facts, lines
from reports.artifacts import markdown
from reports.as_json import to_json
from reports.page import render
from reports.sentences import answer
from reports.tables import result_table
from storage.accounts import account_in
from storage.records import StoredResult
from tests.reports.accounts import PLAN, result
from tests.reports.results import stored


@cache
def whole() -> StoredResult:
    return result()


@cache
def alone() -> StoredResult:
    money = {"currency": "EUR", "margin": 1.2, "cost": 100}
    return result(linked=None, after=0, economics=money)


def terminal(shown: StoredResult) -> str:
    console = Console(width=80, file=io.StringIO())
    with console.capture() as captured:
        console.print(result_table(shown))
    return captured.get()


def money(**changed: Any) -> dict[str, Any]:
    return {**PLAN["promotion"]["economics"], **changed}


def test_the_verdict_is_the_first_thing_said_everywhere() -> None:
    said = verdict(whole())
    assert said.startswith("Recommendation: change its terms. It sells at a gain, but costs more")
    page = render(whole())
    assert page.index(said) < page.index(answer(whole()))
    text = " ".join(terminal(whole()).split())
    assert text.index(said) < text.index("marginal")
    assert to_json(whole())["account"]["verdict"] == said
    assert "Recommendation: change its terms" in markdown(whole())


def test_every_row_of_the_account_is_shown_with_its_interval() -> None:
    found = {line.label: line for line in lines(whole())}
    assert list(found) == [
        "promotion", "periods after it", "both, net", "tea, cannibalised", "filters, halo",
        "all together",
    ]  # fmt: skip
    assert found["promotion"].units[0] == "377"
    assert found["promotion"].margin[0].endswith(" EUR")
    assert found["periods after it"].units[0].startswith("−")
    assert found["all together"].units == ("–", "")
    page = render(whole())
    for line in found.values():
        for text, bounds in (line.units, line.revenue, line.margin):
            assert text in page
            assert bounds in page
    labels = [label for label, _, _ in facts(whole())]
    assert labels == [
        "Incremental units, net", "Incremental revenue, net", "Incremental margin, net",
        "Return after cost and funding", "Probability that it paid", "Return per net cost",
    ]  # fmt: skip


def test_the_announced_effect_is_that_of_the_promotion_alone() -> None:
    assert "from period 49 to period 54" in answer(whole())
    assert "over 12 treated cells" in terminal(whole())
    assert "55 to 58 come after the promotion" in render(whole())
    assert "come after the promotion" not in render(alone())


def test_the_figure_goes_from_gross_to_return() -> None:
    figure = decomposition(whole())
    assert figure is not None
    for step in ("gross gain", "pulled forward", "promotion, net", "cannibalised", "halo",
                 "all items, net", "funding", "cost", "return"):  # fmt: skip
        assert step in figure.label
    assert figure.title == "From gross to net: margin in EUR"
    small = decomposition(alone())
    assert small is not None
    assert "pulled forward" not in small.label
    in_units = decomposition(result(linked=None, economics={"cost": 1}))
    assert in_units is not None
    assert in_units.title == "From gross to net: units"


def test_the_rule_says_what_being_wrong_costs_and_what_a_probability_means() -> None:
    said = " ".join(rule_sentences(whole()))
    assert "repeat when the probability that it paid is 80 % or more" in said
    assert "repeating one that does not pay loses" in said
    assert "97.5 % or more exactly when the 95 % interval lies above zero" in said
    assert "not a Bayesian posterior" in said
    assert rule_sentences(result(linked=None, decide=None)) == [
        "The plan has no rule by which to decide (promotion.decide)."
    ]
    assert verdict(result(linked=None, decide=None)) == ""


@pytest.mark.parametrize(
    ("cost", "said"),
    [(0, "Recommendation: repeat it. After its cost"), (430, "Recommendation: inconclusive. "),
     (3000, "Recommendation: change its terms. ")],
)  # fmt: skip
def test_each_verdict_has_its_sentence(cost: float, said: str) -> None:
    assert verdict(result(linked=None, economics=money(cost=cost))).startswith(said)


def test_a_promotion_that_sold_nothing_is_to_be_stopped() -> None:
    dear = money(margin=-1.0, margin_after=None)
    assert verdict(result(linked=None, economics=dear)).startswith("Recommendation: stop it. ")


def test_what_is_not_known_is_said_and_not_shown() -> None:
    without = result(economics={"currency": "EUR", "price": 4.5})
    reasons = cautions(without)
    assert "The plan gives no margin of the promoted item; add margin, per unit." in reasons
    assert verdict(without).startswith(
        "Recommendation: inconclusive. The plan gives no margin of the promoted item"
    )
    assert "Return after cost and funding" not in [label for label, _, _ in facts(without)]
    assert "Prices, margins, cost and funding are taken as given" in " ".join(notes(without))


def test_a_primary_that_was_refused_has_no_account_and_says_why() -> None:
    whole_one = whole()
    refused = replace(
        whole_one.estimates[0], status="refused", reason="too few donors", att=None, diagnostics={},
        by_period=(), variances=(), counterfactual=None, weights=(),
    )  # fmt: skip
    found = replace(whole_one, estimates=(refused,))
    assert verdict(found) == (
        "Recommendation: inconclusive. DID, which the account rests on, was refused: too few "
        "donors."
    )
    assert to_json(found)["account"]["amounts"] == []
    assert "too few donors" in render(found)
    assert "Recommendation: inconclusive" in terminal(found)


def test_results_without_economics_are_shown_as_before() -> None:
    plain = {name: value for name, value in PLAN.items() if name != "promotion"}
    found = stored(plain, whole().panel, whole().estimates)
    assert "account" not in to_json(found)
    assert "Recommendation" not in render(found) + terminal(found)
    assert "The effect itself" not in render(found)


def test_json_has_every_kind_and_finite_numbers() -> None:
    found = to_json(whole())["account"]
    text = json.dumps(found, allow_nan=False)
    assert json.loads(text) == found
    gain = next(one for one in found["amounts"] if one["what"] == "return")
    assert [one["kind"] for one in gain["said"]] == [
        "marginal", "given_unit", "given_period", "given_both", "adaptive",
    ]  # fmt: skip
    assert found["recommendation"]["repeat"] == 0.8
    assert [one["name"] for one in found["linked"]] == ["tea", "filters"]
    account = account_in(whole())
    assert account is not None
    assert account.recommendation is not None
    assert found["recommendation"]["loss"] == account.recommendation.loss


@pytest.mark.parametrize(
    ("probability", "said"),
    [(0.99999, "over 99.9 %"), (1e-9, "under 0.1 %"), (0.934, "93 %"), (0.9951, "99.5 %")],
)
def test_a_probability_is_never_nothing_or_all(probability: float, said: str) -> None:
    assert chance(probability) == said


def test_names_of_items_are_text_and_nothing_else() -> None:
    page = render(whole())
    assert "<script" not in page
    assert "tea, cannibalised" in page
