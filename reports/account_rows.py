"""The account of a promotion as numbers ready to be shown: facts, rows, amounts of money.

Digits are those that the interval supports, money to the cent at most.
"""

from dataclasses import dataclass

from estimators.core.estimands import NET
from estimators.economics.account import ALL, PROMOTED, ROLES, Account
from estimators.economics.amounts import Amount, Said
from reports.numbers import interval, number, percent, places_for, places_that_keep_signs
from storage.accounts import StoredLinked, account_in, linked_in
from storage.records import StoredResult


@dataclass(frozen=True)
class Line:
    """One row of the account: a label, and texts with their bounds; "–" where nothing is said."""

    label: str
    units: tuple[str, str]
    revenue: tuple[str, str]
    margin: tuple[str, str]
    total: bool = False


def facts(result: StoredResult) -> list[tuple[str, str, str]]:
    """(what, value, interval) under the verdict; "" where there is no interval."""
    account = account_in(result)
    if account is None:
        return []
    whole = "net" if has_parts(account) else ""
    counted_for = ALL if linked_in(result) else PROMOTED
    asked = (
        ("units", PROMOTED, f"Incremental units{', net' if whole else ''}"),
        ("revenue", counted_for, f"Incremental revenue{', net' if whole else ''}"),
        ("margin", counted_for, f"Incremental margin{', net' if whole else ''}"),
        ("return", None, "Return after cost and funding"),
    )
    found = []
    for what, of, label in asked:
        amount = _whole(account, what, of)
        if amount is not None and amount.value is not None:
            found.append((label, *shown(result, amount)))
    gain = account.find("return")
    said = None if gain is None else gain.by(result.plan.inference.primary)
    if said is not None and said.probability is not None:
        found.append(("Probability that it paid", chance(said.probability), ""))
    roi = account.find("roi")
    if roi is not None and roi.value is not None:
        found.append(("Return per net cost", *_share(result, roi)))
    return found


def lines(result: StoredResult) -> list[Line]:
    """The account row by row: the promotion, the periods after, linked outcomes, all together."""
    account = account_in(result)
    if account is None:
        return []
    names = {"promotion": "promotion", "after": "periods after it", NET: "both, net"}
    found = [
        _line(result, account, names[part], PROMOTED, part)
        for part in ("promotion", "after", NET)
        if account.find("units", PROMOTED, part) is not None
    ]
    for one in linked_in(result):
        if one.reason is None:
            part = NET if NET in one.parts else "promotion"
            label = f"{one.name}, {_expected(one, account, part)}"
            found.append(_line(result, account, label, one.name, part))
    if linked_in(result):
        found.append(_line(result, account, "all together", ALL, None))
    return found


def shown(result: StoredResult, amount: Amount) -> tuple[str, str]:
    """An amount and its interval by the primary kind; "" where there is none."""
    unit = _unit(result, amount)
    if amount.value is None:
        return "–", ""
    said = amount.by(result.plan.inference.primary)
    if said is None:
        return number(amount.value, places_for([], [amount.value], least=-15)) + unit, ""
    places = _places(amount, said)
    return number(amount.value, places) + unit, interval(said.low, said.high, places)


def chance(probability: float) -> str:
    """ "93 %"; never one of exactly nothing or all."""
    if probability > 0.999:
        return "over 99.9 %"
    if probability < 0.001:
        return "under 0.1 %"
    return percent(round(probability, 3 if not 0.01 <= probability <= 0.99 else 2))


def _line(result: StoredResult, account: Account, label: str, of: str, part: str | None) -> Line:
    cells = []
    for what in ("units", "revenue", "margin"):
        amount = account.find(what, of, part)
        cells.append(("–", "") if amount is None else shown(result, amount))
    total = of == ALL or (part == NET and of == PROMOTED)
    return Line(label, cells[0], cells[1], cells[2], total)


def _expected(one: StoredLinked, account: Account, part: str) -> str:
    """The role it was given, and whether that is what was found."""
    units = account.find("units", one.name, part)
    if units is None or units.value is None or units.value == 0:
        return one.role
    as_expected = (units.value < 0) == (one.role == ROLES[0])
    return one.role if as_expected else f"expected {one.role}, found the other way"


def _whole(account: Account, what: str, of: str | None) -> Amount | None:
    """The amount over all parts together."""
    return account.find(what, of, NET) or account.find(what, of)


def has_parts(account: Account) -> bool:
    """Whether the periods after are counted, too."""
    return account.find("units", PROMOTED, NET) is not None


def money(result: StoredResult, value: float) -> str:
    """An amount on its own, with three significant digits and its currency."""
    return number(value, min(2, places_for([], [value], least=-15))) + _currency(result)


def _currency(result: StoredResult) -> str:
    asked = result.plan.promotion
    name = asked.economics.currency if asked and asked.economics else ""
    return f" {name}" if name else ""


def _unit(result: StoredResult, amount: Amount) -> str:
    return "" if amount.what in ("units", "roi") else _currency(result)


def _share(result: StoredResult, roi: Amount) -> tuple[str, str]:
    said = roi.by(result.plan.inference.primary)
    assert roi.value is not None
    text = percent(round(roi.value, 2))
    if said is None:
        return text, ""
    return text, f"{percent(round(said.low, 2))} to {percent(round(said.high, 2))}"


def _places(amount: Amount, said: Said) -> int:
    assert amount.value is not None
    error = said.standard_error or (said.high - said.low) / 4
    places = min(2, places_for([error], [amount.value], least=-15))
    return places_that_keep_signs(places, (amount.value, said.low, said.high))
