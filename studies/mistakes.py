"""What is wrong with a study file, said with its line and what is allowed there."""

import re
from collections.abc import Iterator, Sequence
from inspect import isclass
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]

CHOICES = (
    "<name>",
    "<source>",
    "<key>",
    "<rule>",
)  # tags of the plan's choices, which are no keys of the file


def not_yaml(error: Exception, source: str) -> str:
    """One line for a file that is no YAML."""
    mark = getattr(error, "problem_mark", None)
    line = f":{mark.line + 1}" if mark else ""
    said = [getattr(error, part, None) for part in ("context", "problem", "reason")]
    problem = ", ".join(str(part) for part in said if part) or str(error)
    return f"{source}{line}: not valid YAML: {problem}"


def repeated_keys(node: yaml.Node, source: str) -> list[str]:
    """One line per key that a mapping has twice; YAML would keep the last without a word."""
    found: list[str] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                found.append(f"{source}:{key.start_mark.line + 1}: {name} is given twice")
            seen.add(name)
            found += repeated_keys(value, source)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            found += repeated_keys(child, source)
    return found


def mistakes(
    error: ValidationError, model: type[BaseModel], tree: yaml.Node, source: str
) -> Iterator[str]:
    """One line per mistake: file, line, key, what is wrong with it, what is allowed."""
    for mistake in error.errors(include_url=False):
        path = tuple(part for part in mistake["loc"] if part not in CHOICES)
        yield f"{source}:{_line(tree, path)}: {_sentence(mistake, path, model)}"


def _sentence(mistake: ErrorDetails, path: Path, model: type[BaseModel]) -> str:
    name = ".".join(part for part in path if isinstance(part, str))
    if mistake["type"] == "extra_forbidden":
        known = ", ".join(_model_at(model, path[:-1]).model_fields)
        return f"unknown key {name}; known here: {known or 'none'}"
    if mistake["type"] == "missing":
        return f"{name} is missing"
    allowed = mistake["msg"].removeprefix("Value error, ").removeprefix("Input ")
    allowed = allowed.replace("a valid tuple", "a list").replace("a valid string", "text")
    allowed = re.sub(r"a valid dictionary or instance of \w+", "a mapping", allowed)
    given = mistake["input"]
    if isinstance(given, str | int | float | None):
        return f"{name}: {allowed}, not {'empty' if given is None else repr(given)}"
    return f"{name}: {allowed}"


def _model_at(model: type[BaseModel], path: Sequence[str | int]) -> type[BaseModel]:
    """The part of the plan that a path of keys leads to."""
    for part in path:
        field = model.model_fields.get(str(part))
        if field is not None:
            model = next(_models_in(field.annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _line(node: yaml.Node, path: Path) -> int:
    """Line of the deepest key of the path that the file has."""
    line = node.start_mark.line + 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
    return int(line)
