"""A promoted item and others that it moves: panels of the same cells whose noise goes together."""

from collections.abc import Mapping, Sequence

import numpy as np

from estimators import Estimate, Estimator, InferenceKind, Panel
from estimators.core.panel import BoolArray
from estimators.economics.account import PROMOTED
from estimators.economics.amounts import Outcome, Prices
from estimators.economics.outcomes import Answer, answer_outcomes
from tests.estimators.panels import labelled, noise

ITEM, TEA, FILTERS = "coffee", "tea", "filters"
EFFECTS = {ITEM: 4.0, TEA: -1.5, FILTERS: 0.5}
PRICES = {
    ITEM: Prices(price=4.5, margin=1.2),
    TEA: Prices(price=3.1, margin=0.9),
    FILTERS: Prices(price=2.0, margin=0.8),
}
ROLES = {ITEM: PROMOTED, TEA: "cannibalised", FILTERS: "halo"}


def treatment(units: int = 14, periods: int = 24, treated: int = 2, last: int = 4) -> BoolArray:
    """(units, periods) the first units, in the last periods."""
    found = np.zeros((units, periods), dtype=bool)
    found[:treated, periods - last :] = True
    return found


def panels(
    seed: int, worn: BoolArray, share: float = 0.0, effects: Mapping[str, float] = EFFECTS
) -> dict[str, Panel]:
    """One panel per item; `share` of the variance of each is noise that all of them have."""
    common = noise(10 * seed, worn.shape, 0.3)
    found = {}
    for k, (name, effect) in enumerate(effects.items()):
        own = noise(10 * seed + k + 1, worn.shape, 0.3)
        mixed = np.sqrt(share) * common + np.sqrt(1 - share) * own
        found[name] = labelled(20 + mixed + effect * worn, worn)
    return found


def outcomes(
    found: Mapping[str, Panel],
    estimator: Estimator,
    kinds: Sequence[InferenceKind],
    prices: Mapping[str, Prices] = PRICES,
    parts: Mapping[str, BoolArray] | None = None,
    placebos: int = 40,
) -> list[Outcome]:
    """Each item answered, with its prices and role."""
    answers = answer_outcomes(found, estimator, kinds, placebos=placebos, parts=parts)
    return [outcome(name, answer, prices[name]) for name, answer in answers.items()]


def outcome(name: str, answer: Answer, prices: Prices) -> Outcome:
    """As the account asks for it."""
    reason = None if isinstance(answer.estimate, Estimate) else answer.estimate.reason
    return Outcome(name, ROLES[name], prices, answer.parts, answer.placebos, reason)
