"""What commands share: options of all of them, what was said before them, and how they answer."""

import inspect
import json
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
settings = {"debug": False}  # said before the command: liftledger --debug run ...


def unwrapped(command: Callable[..., Any]) -> str:
    """A command's docstring as its help: lines of a paragraph are one, broken where it is shown."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def show(facts: Any, text: Any, as_json: bool) -> None:
    """The answer of a command, on stdout."""
    if as_json:
        sys.stdout.write(json.dumps(facts, ensure_ascii=False, allow_nan=False, indent=2) + "\n")
        return
    from rich.console import Console

    Console(soft_wrap=False).print(text, markup=False, highlight=False)
