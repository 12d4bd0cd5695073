"""A promotion of the calendar, to be entered and changed."""

from typing import Any

from studies.promotions import Promotion


def promotion(**changed: Any) -> Promotion:
    """Four weeks of coffee in two stores."""
    described: dict[str, Any] = {
        "promotion": "spring_coffee",
        "units": ["store 1", "store 2"],
        "products": ["coffee"],
        "start": "2024-03-04",
        "end": "2024-03-31",
    }
    return Promotion(**(described | changed))
