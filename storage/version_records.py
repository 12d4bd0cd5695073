"""Versions as they are read back: of a plan, of a promotion, and of which one an answer is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from studies.promotions import Promotion


@dataclass(frozen=True)
class PlanVersion:
    """One version of a study's plan. plan: the JSON that was registered"""

    version: int
    plan: Mapping[str, Any]
    plan_hash: str
    registered_by: str
    reason: str
    registered_at: datetime


@dataclass(frozen=True)
class PromotionVersion:
    """One version of a promotion, and who entered it, when and why."""

    promotion: Promotion
    version: int
    details_hash: str
    registered_by: str
    reason: str
    registered_at: datetime
