"""One value of a study file, read as the type that an annotation says, or refused in words.

    bool                true or false
    int                 a whole number of 1 or more: a count
    float               a number of 0 or more; `.inf`, "inf" and "Infinity" are numbers too
    Literal, str        a word, one of those listed
    tuple[X, ...]       a list
    None                empty

Nothing is converted: 1 is not true, "3" is no number.
"""

import math
from collections.abc import Iterable, Iterator
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

INFINITE = {"inf": math.inf, ".inf": math.inf, "infinity": math.inf}
WORDS = {
    NoneType: "empty",
    bool: "true or false",
    int: "a whole number of 1 or more",
    float: "a number of 0 or more",
    str: "text",
}


class _Other(Exception):
    """The value is not of the type tried."""


def read(value: object, kind: Any) -> Any:
    """The value as this type. Raises ValueError saying what is allowed."""
    for choice in _choices(kind):
        try:
            return _read(value, choice)
        except _Other:
            continue
    raise ValueError(f"should be {_listed(_words(choice) for choice in _choices(kind))}")


def spelled(value: object) -> object:
    """The value as JSON has it, which `read` understands: infinity is a word."""
    if isinstance(value, float) and math.isinf(value):
        return "Infinity"
    return [spelled(item) for item in value] if isinstance(value, tuple) else value


def _read(value: object, kind: Any) -> Any:
    if kind is float:
        return _number(value)
    if kind is int and type(value) is int and value >= 1:
        return value
    if kind in (bool, str, NoneType) and type(value) is kind:
        return value
    if get_origin(kind) is Literal and any(
        value == word and type(value) is type(word) for word in get_args(kind)
    ):
        return value
    if get_origin(kind) is tuple and isinstance(value, list | tuple):
        return _list(value, get_args(kind))
    raise _Other


def _number(value: object) -> float:
    if isinstance(value, str):
        value = INFINITE.get(value.lower())
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise _Other
    return float(value)


def _list(value: list[Any] | tuple[Any, ...], kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    if kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(value)
    if len(kinds) != len(value):
        raise _Other
    try:
        return tuple(read(item, kind) for item, kind in zip(value, kinds, strict=True))
    except ValueError as error:
        raise _Other from error


def _choices(kind: Any) -> Iterator[Any]:
    """The types of a union; otherwise the type itself."""
    if get_origin(kind) in (Union, UnionType):
        for part in get_args(kind):
            yield from _choices(part)
    else:
        yield kind


def _words(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return _listed(str(word) for word in get_args(kind))
    if get_origin(kind) is not tuple:
        return WORDS[kind]
    inner = get_args(kind)
    each = _listed(_words(choice) for choice in _choices(inner[0]))
    return f"a list (each {each})" if inner[-1] is Ellipsis else f"a list of {len(inner)}"


def _listed(words: Iterable[str]) -> str:
    *first, last = dict.fromkeys(words)
    return f"{', '.join(first)} or {last}" if first else last
