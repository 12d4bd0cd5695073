"""What a promotion is worth and costs, which other outcomes it moves, when to repeat it.

economics: {currency: EUR, price: 4.50, margin: 1.20, cost: 12000, funding: 3000}
linked: [{panel: tea, role: cannibalised, price: 3.10, margin: 0.90}]
decide: {repeat: 0.8, stop: 0.2}

All of it is decided before the result is seen. Prices and margins are per unit of goods as sold
in the promotion; what the discount gives away on units that would have sold anyhow is a cost.
"""

import re
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from estimators.economics.account import Terms
from estimators.economics.amounts import Prices
from estimators.economics.decision import Rule
from studies.panels import PanelPlan
from studies.part import Name, Part

LOGARITHM = re.compile(r"(log|ln)\b", re.IGNORECASE)
AVERAGE = re.compile(r"\b(per|average|avg|mean|rate|ratio|share|percent)\b|[%/]", re.IGNORECASE)
TAKEN = ("promoted", "cannibalised", "halo", "all")  # names the account has for other things


class PricesPlan(Part):
    """What one unit of goods is worth; amounts that need a number not given are refused.

    units: goods in one unit of outcome: 7 for a daily average by week; asked for where the measure
        says that the outcome is an average
    price_after, margin_after: in the periods after the promotion; as during it when not given
    """

    units: float | None = Field(default=None, gt=0)
    price: float | None = Field(default=None, ge=0)
    margin: float | None = None
    price_after: float | None = Field(default=None, ge=0)
    margin_after: float | None = None

    @property
    def prices(self) -> Prices:
        """As amounts are computed from them."""
        given = {name: getattr(self, name) for name in PricesPlan.model_fields}
        return Prices(**{**given, "units": 1.0 if self.units is None else self.units})


class EconomicsPlan(PricesPlan):
    """Prices of the promoted item, and what the promotion itself costs.

    cost: of the promotion in all, funding: what suppliers pay towards it; neither is uncertain
    """

    currency: str = Field(default="", max_length=12)
    cost: float | None = Field(default=None, ge=0)
    funding: float = Field(default=0.0, ge=0)

    @property
    def terms(self) -> Terms:
        """As the return is computed from them."""
        return Terms(self.cost, self.funding)


class LinkedOutcome(PricesPlan):
    """Another outcome of the same units and periods, in its own panel.

    role: what is expected of it; the sign of the effect is found, not imposed
    name: what it is called; that of its panel when not given
    """

    panel: PanelPlan
    role: Literal["cannibalised", "halo"]
    name: Name | None = None

    @model_validator(mode="after")
    def _has_a_name(self) -> "LinkedOutcome":
        if self.name is None and not isinstance(self.panel, str):
            raise ValueError("give a name; a relation or query has none of its own")
        if self.called in TAKEN:
            raise ValueError(f"it cannot be called {self.called}; give another name")
        return self

    @property
    def called(self) -> str:
        """Its name."""
        return self.name or str(self.panel)


class DecisionRule(Part):
    """Limits on P(return > 0): repeat at or above the one, stop at or below the other."""

    repeat: float = Field(default=0.8, gt=0.5, lt=1)
    stop: float = Field(default=0.2, gt=0, lt=1)

    @field_validator("stop")
    @classmethod
    def _below_repeat(cls, stop: float, info: ValidationInfo) -> float:
        repeat = info.data.get("repeat", 1.0)
        if stop >= repeat:
            raise ValueError(f"should be below repeat, which is {repeat:g}")
        return stop

    @property
    def rule(self) -> Rule:
        """As it is applied."""
        return Rule(self.repeat, self.stop)


def no_units(measure: str, prices: PricesPlan) -> str | None:
    """Why an outcome of this measure cannot be multiplied by a price; None when it can be."""
    if LOGARITHM.match(measure):
        return (
            "logarithms have no sum that could be multiplied by a price; register a study of the "
            "outcome itself"
        )
    if AVERAGE.search(measure) and prices.units is None:
        return (
            "this is an average; say how many goods one unit of it stands for in one cell (units: "
            "7 for a daily average by week)"
        )
    return None
