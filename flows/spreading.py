"""Where batches of a race are computed: here, or wherever the operator says.

    LIFTLEDGER_DASK=tcp://scheduler:8786     on a Dask cluster (tasks/cluster.py: placebos, too)
    LIFTLEDGER_TASK_RUNNER=module:class      by any task runner of Prefect's
    LIFTLEDGER_TASK_RUNNER_OPTIONS={...}     with its arguments as JSON

A batch needs no database: its panel travels to it and its numbers travel back, so workers need this
code and nothing else. Without the variables a race that is soon over stays in this process, and a
longer one has one process for each core: threads of one process would wait for each other's Python.
Where a batch was computed changes no bit of it.
"""

import json
import logging
import multiprocessing
import os
import signal
from collections.abc import Mapping
from importlib import import_module
from threading import Thread
from typing import Any

from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner

from estimators.core.parallel import cores
from flows.side_by_side import SideBySide
from tasks import cluster

RUNNER, OPTIONS = "LIFTLEDGER_TASK_RUNNER", "LIFTLEDGER_TASK_RUNNER_OPTIONS"
PAYS = 30.0  # seconds of work left, above which starting processes pays


class NoTaskRunner(Exception):
    """What the environment names as task runner is none."""


class InProcesses(ProcessPoolTaskRunner):
    """One process for each core. They say nothing, and end with the flow that needs them."""

    def __init__(self, max_workers: int | None = None) -> None:
        super().__init__(max_workers=max_workers or cores(), initializer=_quietly)

    def cancel_all(self) -> None:
        """End batches that nobody waits for any more; those that ended before are kept."""
        for process in multiprocessing.active_children():
            process.terminate()
        super().cancel_all()


def _quietly() -> None:
    """In each process: the flow narrates, and is the one to answer Ctrl-C; it ends with it."""
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_the_flow, daemon=True).start()


def _end_with_the_flow() -> None:
    """A flow that is killed tells nobody: its processes would wait for work for ever."""
    flow = multiprocessing.parent_process()
    assert flow is not None
    flow.join()
    os._exit(1)


def task_runner(seconds: float, environment: Mapping[str, str] = os.environ) -> TaskRunner[Any]:
    """The one that is configured, or what suits so many seconds of work.

    Raises NoTaskRunner, saying which variable to mend.
    """
    name = environment.get(RUNNER, "")
    if not name and cluster.address(environment):
        return _on_dask(str(cluster.address(environment)))
    if not name:
        return InProcesses() if seconds > PAYS and cores() > 1 else SideBySide(max_workers=1)
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


def _on_dask(address: str) -> TaskRunner[Any]:
    try:
        from prefect_dask import DaskTaskRunner
    except ImportError as missing:
        raise NoTaskRunner(
            f"{cluster.VARIABLE} is set, but {missing.name} is not installed; {cluster.INSTALL}"
        ) from missing
    if address == cluster.LOCAL:
        own = {"n_workers": cores(), "threads_per_worker": 1, "dashboard_address": None}
        return DaskTaskRunner(cluster_kwargs=own)
    return DaskTaskRunner(address=address)
