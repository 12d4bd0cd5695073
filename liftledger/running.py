"""A study run in this process: the flow, its server, and its progress on stderr."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storage.records import StoredResult

ANALYZE = "flows.analyze:analyze"


def run_study(name: str, reason: str, *, debug: bool) -> "StoredResult":
    """Answer a registered study; a study file is registered first."""
    from liftledger.data import register_plan, require_study
    from liftledger.ledger import opened, say

    if is_study_file(name):
        from studies import load_plan

        load_plan(Path(name))  # a mistake in it is said before anything is started
    with flow_ready(debug=debug) as ready, opened() as url:
        study = name
        if is_study_file(name):
            done = register_plan(url, Path(name), reason)
            study = done.facts["study"]
            say("study", done.text)
        else:
            require_study(url, name)  # before anything slow is waited for
        result: StoredResult = ready()(study, reason=reason)
        return result


@contextmanager
def flow_ready(*, debug: bool, name: str = ANALYZE) -> Iterator[Callable[[], Callable[..., Any]]]:
    """A server for the flow starts while the block does other things.

    name: module:function of the flow
    The value waits for the server and returns the flow. Nothing of Prefect is imported before.
    """
    from flows.prefect_server import prefect_server
    from storage.server import home_folder

    try:
        home = home_folder() / "prefect"
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(home_folder(), error) from error
    with prefect_server(home) as server, ExitStack() as running:

        def ready() -> Callable[..., Any]:
            module, _, function = name.partition(":")
            flow: Callable[..., Any] = getattr(import_module(module), function)
            show_narration(debug=debug)
            running.enter_context(server.answering())
            return flow

        yield ready


def show_narration(*, debug: bool) -> None:
    """Of everything Prefect logs, show what the flow tells; with debug, show all of it."""
    from tasks.narration import NARRATED

    if debug:
        return
    console = logging.StreamHandler(sys.stderr)
    console.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    console.addFilter(lambda record: bool(getattr(record, NARRATED, False)))
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    root.addHandler(console)


def is_study_file(name: str) -> bool:
    """Whether the argument of `run` is a file rather than the name of a registered study."""
    return name.endswith((".yaml", ".yml", ".json")) or os.sep in name


def _unusable(home: Path, error: OSError) -> Exception:
    from liftledger.ending import Failure

    return Failure(
        f"the folder {home} cannot be used: {error.strerror or error}; "
        "choose one you may write to with LIFTLEDGER_HOME"
    )
