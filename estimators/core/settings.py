"""Settings of an estimator, changed by name where it has them."""

from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

E = TypeVar("E")


def with_settings(estimator: E, **values: object) -> E:
    """The estimator with these values in those of its fields that have such names.

    An estimator without any of them is returned as it is: who samples nothing has no seed.
    """
    if not is_dataclass(estimator) or isinstance(estimator, type):
        return estimator
    known = {field.name for field in fields(estimator)}
    chosen = {name: value for name, value in values.items() if name in known}
    return replace(estimator, **chosen) if chosen else estimator
