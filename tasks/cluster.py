"""One study on many machines: its placebos, and those of its kinds of inference, over Dask.

    LIFTLEDGER_DASK=tcp://scheduler:8786     a cluster that is there
    LIFTLEDGER_DASK=local                    processes of this machine, for as long as a run takes

Without the variable, threads of this process. Placebos are computed in parts: the first here, to
see whether the others are worth the journey; the others by position, so no bit depends on where,
or on which error came first. A worker that dies loses its parts to the others. A cluster that dies
altogether is told of, and the rest is computed here. Workers must have the code and packages
of this process: the same digits are promised for nothing else.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from estimators.core.parallel import computed_by, cores, in_order, up_to_an_error
from storage.provenance import code_version, environment_hash
from tasks.narration import narrate

if TYPE_CHECKING:
    from distributed import Client

VARIABLE = "LIFTLEDGER_DASK"
LOCAL = "local"
INSTALL = "pip install --require-hashes --no-deps -r requirements-dask.lock"
PATIENCE = 10.0  # seconds to look for a cluster
PAYS = 1.0  # seconds of work left, above which it is sent
PARTS = 4  # per thread of a worker: what a worker that dies takes with it, and how evenly they end


class ClusterUnfit(Exception):
    """The cluster cannot be used; the message says which variable to mend, or what to install."""


def address(environment: Mapping[str, str] = os.environ) -> str | None:
    """Where the cluster is; None: nowhere."""
    return environment.get(VARIABLE) or None


@contextmanager
def spread() -> Iterator[None]:
    """Within the block estimators compute placebos on the cluster, where one is configured.

    Raises ClusterUnfit.
    """
    where = address()
    if where is None:
        yield
        return
    with _connected(where) as client:
        threads = _examined(client, where)
        narrate("cluster", f"{len(threads)} workers, {sum(threads.values())} threads")
        with computed_by(lambda function, items: _computed(client, function, items)):
            yield


@contextmanager
def _connected(where: str) -> "Iterator[Client]":
    try:
        from distributed import Client, LocalCluster
    except ImportError as missing:
        raise ClusterUnfit(
            f"{VARIABLE} is set, but {missing.name} is not installed; {INSTALL}"
        ) from missing
    if where == LOCAL:
        with (
            LocalCluster(n_workers=cores(), threads_per_worker=1, dashboard_address=None) as own,
            Client(own) as client,
        ):
            yield client
        return
    try:
        client = Client(where, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise ClusterUnfit(f"{VARIABLE}={where}: no cluster answers there ({error})") from error
    with client:
        yield client


def _examined(client: "Client", where: str) -> dict[str, int]:
    """Threads by worker, once all are seen to run what runs here. Raises ClusterUnfit."""
    threads: dict[str, int] = client.nthreads()
    if not threads:
        raise ClusterUnfit(f"{VARIABLE}={where}: the cluster has no workers; start some")
    for what, here in (("code", code_version), ("packages", environment_hash)):
        found: dict[str, str] = client.run(here)
        others = sorted(worker for worker, seen in found.items() if seen != here())
        if others:
            raise ClusterUnfit(
                f"{VARIABLE}={where}: {len(others)} of {len(found)} workers "
                f"({', '.join(others[:3])}) have other {what} than this process; "
                "install the same there, and start them again"
            )
    return threads


def _computed(client: "Client", function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """[function(item) for item in items], wherever. The first error by position is raised."""
    started = time.perf_counter()
    first = in_order(function, items[:1])
    rest = list(items[1:])
    if (time.perf_counter() - started) * len(rest) < PAYS:
        return first + in_order(function, rest)
    return first + _gathered(client, function, rest)


def _gathered(client: "Client", function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError
    from distributed.comm import CommClosedError

    count = max(1, PARTS * sum(client.nthreads().values()))
    size = -(-len(items) // count)
    parts = [items[at : at + size] for at in range(0, len(items), size)]
    try:
        carried = client.scatter(function, broadcast=True)
        sent = client.map(up_to_an_error, [carried] * len(parts), parts, pure=False)
        answers: list[tuple[list[Any], Exception | None]] = client.gather(sent)
    except (CommClosedError, KilledWorker, FutureCancelledError, OSError) as gone:
        narrate("cluster", f"lost ({type(gone).__name__}); {len(items):,} placebos are done here")
        return in_order(function, items)
    found: list[Any] = []
    for results, error in answers:
        if error is not None:
            raise error
        found += results
    return found
