"""Where batches of a race are computed: here, or wherever the operator says.

    LIFTLEDGER_TASK_RUNNER=prefect_dask:DaskTaskRunner
    LIFTLEDGER_TASK_RUNNER_OPTIONS={"address": "tcp://scheduler:8786"}

Any task runner of Prefect's will do, by module:class, with its arguments as JSON. A batch needs no
database: its panel travels to it and its numbers travel back, so workers need this code and nothing
else. Without the variable batches come one after the other in this process, each on all its cores.
Where a batch was computed changes no bit of it.
"""

import json
import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from prefect.task_runners import TaskRunner

from flows.side_by_side import SideBySide

RUNNER, OPTIONS = "LIFTLEDGER_TASK_RUNNER", "LIFTLEDGER_TASK_RUNNER_OPTIONS"


class NoTaskRunner(Exception):
    """What the environment names as task runner is none."""


def task_runner(environment: Mapping[str, str] = os.environ) -> TaskRunner[Any]:
    """The one that is configured. Raises NoTaskRunner, saying which variable to mend."""
    name = environment.get(RUNNER, "")
    if not name:
        return SideBySide(max_workers=1)
    module, _, wanted = name.partition(":")
    try:
        kind = getattr(import_module(module), wanted)
    except (ImportError, AttributeError, ValueError) as error:
        raise NoTaskRunner(
            f"{RUNNER}={name}: no such task runner ({error}); give it as module:class, and install "
            f"what it is in"
        ) from error
    try:
        options = json.loads(environment.get(OPTIONS) or "{}")
        found = kind(**options)
    except (ValueError, TypeError) as error:
        raise NoTaskRunner(f"{OPTIONS}: {name} does not take it ({error})") from error
    if not isinstance(found, TaskRunner):
        raise NoTaskRunner(f"{RUNNER}={name}: not a task runner of Prefect's")
    return found
