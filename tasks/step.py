"""A step of a flow: a task within a run of Prefect's, the plain function outside of one.

    flow run of Prefect's      tasks with their names, retries and logs; threads side by side
    a worker process of ours   the same functions in the same order, one after the other

What a step computes does not depend on who calls it. Prefect's engine costs some two seconds of
processor time for each analysis, nearly all of it to look through what steps hand to one
another: much for a worker that answers hundreds of studies, and nothing beside a person's one.
Retries are the engine's, too: a worker whose database went away lets go of the run instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar, cast

from prefect.context import FlowRunContext, TaskRunContext
from prefect.futures import PrefectFuture
from prefect.tasks import Task

Given = ParamSpec("Given")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Done(Generic[Found]):
    """A step that was not put aside for later, in the form of one that was."""

    value: Found

    def result(self) -> Found:
        """What it found."""
        return self.value


class Step(Task[Given, Found]):
    """A task that is its plain function where no run of Prefect's is going on."""

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Call it, through Prefect's engine where that is at work."""
        return super().__call__(*given, **named) if within_prefect() else self.fn(*given, **named)

    def submit(self, *given: Any, **named: Any) -> Any:
        """Put it beside others, where there is a task runner to do so."""
        if within_prefect():
            return cast("PrefectFuture[Found]", super().submit(*given, **named))
        return Done(self.fn(*given, **named))


def within_prefect() -> bool:
    """Whether this is said within a run of Prefect's."""
    return FlowRunContext.get() is not None or TaskRunContext.get() is not None


def task(**settings: Any) -> Callable[[Callable[Given, Found]], Step[Given, Found]]:
    """The decorator: settings as prefect.task takes them."""

    def made(function: Callable[Given, Found]) -> Step[Given, Found]:
        return Step(function, **settings)

    return made
