"""Sums over linked outcomes: placebos are paired, and whatever they share is in the variance."""

from dataclasses import replace

import numpy as np
import pytest

from estimators import VARIANCES
from estimators.core.errors import InvalidPanel
from estimators.core.fit import Refusal
from estimators.economics.account import ALL, account_of
from estimators.economics.amounts import Asked, Prices
from estimators.economics.sums import Term, inferred_sum
from estimators.variance.placebos import Placebos
from tests.estimators.promoted import (
    EFFECTS,
    FILTERS,
    ITEM,
    TEA,
    outcomes,
    panels,
    treatment,
)
from tests.estimators.test_account import ASKED, DID, KINDS, RULE, TERMS, amount, linked, said


def test_linked_outcomes_are_added_up_as_they_were_found_and_by_role() -> None:
    found = linked()
    account = account_of(found, TERMS, ASKED, RULE, "given_both")
    each = {name: amount(account, "margin", name).value or 0 for name in EFFECTS}
    assert each[TEA] < 0 < each[FILTERS]
    assert amount(account, "margin", "cannibalised").value == pytest.approx(each[TEA])
    assert amount(account, "margin", "halo").value == pytest.approx(each[FILTERS])
    assert amount(account, "margin", ALL).value == pytest.approx(sum(each.values()))
    assert amount(account, "return", ALL).value == pytest.approx(sum(each.values()) - 15)
    assert account.find("units", ALL) is None
    wrong_sign = [replace(one, role="halo") if one.name == TEA else one for one in found]
    assert amount(account_of(wrong_sign, TERMS, ASKED), "margin", ALL).value == pytest.approx(
        sum(each.values())
    )


def test_the_slow_twin_of_a_sum_is_the_estimate_of_the_outcomes_added_up() -> None:
    """DID is linear: the sum of effects is the effect on the sum, and so are all its placebos."""
    worn = treatment()
    found = panels(5, worn, 0.4)
    weights = {ITEM: 1.2, TEA: 0.9, FILTERS: 0.8}
    terms = [
        Term(name, 0.0, weights[name], Placebos(panel, DID, 40)) for name, panel in found.items()
    ]
    added = np.sum([weights[name] * panel.outcome for name, panel in found.items()], axis=0)
    whole = Placebos(replace(found[ITEM], outcome=added), DID, 40)
    _, paired = inferred_sum(terms, KINDS, 0.95)
    for kind, one in zip(KINDS, paired, strict=True):
        direct = kind.infer(0.0, whole, 0.95)
        assert not isinstance(one, Refusal)
        assert one.standard_error == pytest.approx(direct.standard_error, rel=1e-9)
        assert one.df == pytest.approx(direct.df, rel=1e-9)


def test_a_set_covers_when_its_outcomes_correlate_and_independent_ones_would_not() -> None:
    """100 sets of three items that share 70 % of their noise; margins 1, 1 and 1."""
    prices = {name: Prices(margin=1.0) for name in EFFECTS}
    kind = VARIANCES["given_period"]
    truth = 8 * sum(EFFECTS.values())
    covered = apart = 0
    for seed in range(100):
        found = outcomes(panels(seed, treatment(), 0.7), DID, [kind], prices, placebos=45)
        account = account_of(found, TERMS, Asked([kind], 0.95))
        total = amount(account, "margin", ALL)
        whole = said(total, kind.kind)
        covered += whole.low <= truth <= whole.high
        each = [said(amount(account, "margin", name), kind.kind) for name in EFFECTS]
        half = np.sqrt(sum((one.high - one.low) ** 2 for one in each)) / 2
        apart += abs((total.value or 0) - truth) <= half
    assert covered >= 91
    assert apart <= 86


def test_sums_are_refused_where_placebos_are_not_paired() -> None:
    worn = treatment()
    found = panels(5, worn)
    one, other = (Placebos(found[name], DID, 40) for name in (ITEM, TEA))
    _, (refused,) = inferred_sum(
        [Term(ITEM, 1.0, 1.0, one), Term(TEA, 1.0, 1.0, other)], [VARIANCES["bootstrap"]], 0.95
    )
    assert isinstance(refused, Refusal)
    assert refused.reason.startswith("bootstrap is about one effect; a sum of 2 needs placebos")
    for unlike in (
        Placebos(found[TEA], DID, 40, seed=1),
        Placebos(replace(found[TEA], treatment=np.roll(worn, 1, axis=0)), DID, 40),
        Placebos(found[TEA], DID, 39),
    ):
        with pytest.raises(InvalidPanel, match="placebos of tea and coffee are not placed alike"):
            inferred_sum([Term(ITEM, 1, 1, one), Term(TEA, 1, 1, unlike)], KINDS, 0.95)
