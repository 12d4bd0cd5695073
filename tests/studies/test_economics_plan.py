"""What a study file says about money, linked outcomes and the rule, and how it is corrected."""

import pytest

from studies import InvalidPlan, Plan, parse_plan

MONEY = "  economics: {currency: EUR, price: 4.5, margin: 1.2, cost: 12000, funding: 3000}\n"


def plan(promotion: str = "", measure: str = "packs") -> Plan:
    return parse_plan(
        f"study: coffee\nquestion: what did it bring?\npanel: coffee\nmeasure: {measure}\n"
        f"promotion:\n  name: spring\n{promotion}",
        source="coffee.yaml",
    )


def refused(promotion: str, measure: str = "packs") -> str:
    with pytest.raises(InvalidPlan) as found:
        plan(promotion, measure)
    return str(found.value)


def test_a_plan_that_says_nothing_about_money_has_the_hash_it_had() -> None:
    bare = plan().model_dump(mode="json")["promotion"]
    assert not {"economics", "linked", "decide"} & set(bare)


def test_prices_linked_outcomes_and_the_rule_are_part_of_the_plan() -> None:
    found = plan(
        MONEY
        + "  linked: [{panel: tea, role: cannibalised, margin: 0.9},\n"
        + "           {panel: {relation: filters}, name: filters, role: halo}]\n"
        + "  decide: {repeat: 0.9, stop: 0.3}\n"
    )
    asked = found.promotion
    assert asked is not None
    assert asked.economics is not None
    assert (asked.economics.price, asked.economics.cost) == (4.5, 12000)
    assert [one.called for one in asked.linked] == ["tea", "filters"]
    assert asked.decide is not None
    assert (asked.decide.repeat, asked.decide.stop) == (0.9, 0.3)
    assert plan(MONEY).sha256() != plan().sha256()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MONEY + "  decide: {repeat: 0.8, stop: 0.9}\n",
         "coffee.yaml:8: promotion.decide.stop: should be below repeat, which is 0.8, not 0.9"),
        (MONEY + "  linked: [{panel: {query: select 1}, role: halo}]\n",
         "coffee.yaml:8: promotion.linked: give a name; a relation or query has none of its own"),
        (MONEY + "  linked: [{panel: all, role: halo}]\n",
         "coffee.yaml:8: promotion.linked: it cannot be called all; give another name"),
        (MONEY + "  linked: [{panel: tea, role: halo}, {panel: tea, role: cannibalised}]\n",
         "coffee.yaml:8: promotion.linked: each may be listed once: tea; give them names"),
        (MONEY + "  linked: [{panel: tea, role: rival}]\n",
         "coffee.yaml:8: promotion.linked.role: should be 'cannibalised' or 'halo', not 'rival'"),
        ("  decide: {repeat: 0.8}\n",
         "coffee.yaml:5: promotion: linked and decide need economics: what the promoted item is "
         "worth"),
        ("  economics: {cost: -1}\n",
         "coffee.yaml:7: promotion.economics.cost: should be greater than or equal to 0, not -1"),
        ("  economics: {units: 0}\n",
         "coffee.yaml:7: promotion.economics.units: should be greater than 0, not 0"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_with_its_line(text: str, said: str) -> None:
    assert refused(text) == said


@pytest.mark.parametrize("measure", ["packs per day", "daily average", "share", "€/day", "lift %"])
def test_an_average_needs_to_say_how_many_goods_it_stands_for(measure: str) -> None:
    assert refused(MONEY, f"'{measure}'") == (
        f"coffee.yaml:4: measure: promotion.economics cannot be answered: this is an average; say "
        f"how many goods one unit of it stands for in one cell (units: 7 for a daily average by "
        f"week), not {measure!r}"
    )
    weekly = "  economics: {price: 4.5, units: 7}\n"
    assert plan(weekly, f"'{measure}'").measure == measure
    assert "promotion.linked, tea cannot be answered: this is an average" in refused(
        weekly + "  linked: [{panel: tea, role: halo}]\n", f"'{measure}'"
    )


def test_a_logarithm_is_worth_no_money() -> None:
    assert refused(MONEY, "log packs") == (
        "coffee.yaml:4: measure: promotion.economics cannot be answered: logarithms have no sum "
        "that could be multiplied by a price; register a study of the outcome itself, not "
        "'log packs'"
    )
    assert plan("", "log packs").measure == "log packs"
