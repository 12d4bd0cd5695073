"""One study over a Dask cluster of processes: the same bits, also when a worker is killed."""

import os
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("distributed", reason="requirements-dask.lock is not installed")

from prefect.logging import disable_run_logger

from estimators import Panel
from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Estimate
from estimators.core.parallel import anywhere, computed_by
from studies import parse_plan
from tasks import cluster
from tasks.cluster import ClusterUnfit, spread
from tasks.estimates import estimate
from tests.tasks.dask_cluster import DaskCluster, dask_cluster

PLAN = parse_plan(
    "study: shop\nquestion: What?\npanel: shop\nestimators: [did, sdid]\nprimary: sdid\n"
    "inference: {placebos: 40, kinds: [given_both, bootstrap], primary: given_both}\n"
)


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(3, tmp_path_factory.mktemp("dask")) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_journey_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PAYS", 0.0)


def panel() -> Panel:
    outcome = np.random.default_rng(5).normal(size=(30, 24)).cumsum(axis=1)
    treatment = np.zeros((30, 24), dtype=bool)
    treatment[:4, 20:] = True
    return Panel(outcome, treatment, tuple(f"store {i}" for i in range(30)), tuple(range(24)))


def answers() -> dict[str, Estimate]:
    with disable_run_logger():
        found = {key: estimate.fn(panel(), key, PLAN) for key in PLAN.estimators}
    assert all(isinstance(one, Estimate) for one in found.values())
    return found  # type: ignore[return-value]


def test_on_a_cluster_every_bit_is_the_same_and_its_workers_did_it(
    workers: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worked_by(_: int) -> int:  # within the test: what is outside takes its imports along
        time.sleep(0.02)
        return os.getpid()

    alone = answers()
    monkeypatch.setenv("LIFTLEDGER_DASK", workers.address)
    with disable_run_logger(), spread():
        spread_out = answers()
        pids = set(anywhere(worked_by, range(60)))
    for key, one in alone.items():
        assert spread_out[key].att == one.att
        assert spread_out[key].inferences == one.inferences
    assert len(pids & {worker.pid for worker in workers.workers.values()}) >= 2


def test_the_first_error_by_position_is_raised_wherever_it_came_first(
    workers: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_late(item: int) -> int:
        if item in (7, 50):
            time.sleep(0.5 if item == 7 else 0.0)
            raise UnsupportedDesign(f"item {item}")
        return item

    monkeypatch.setenv("LIFTLEDGER_DASK", workers.address)
    with (
        disable_run_logger(),
        spread(),
        pytest.raises(UnsupportedDesign, match="item 7"),
    ):
        anywhere(fails_late, range(60))


def test_a_worker_killed_in_the_middle_changes_no_bit(
    workers: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(item: int) -> float:
        time.sleep(0.1)
        return float(np.sin(item))

    monkeypatch.setenv("LIFTLEDGER_DASK", workers.address)
    with disable_run_logger(), spread():
        killed = threading.Timer(0.6, workers.kill, ["w1"])
        killed.start()
        found = anywhere(slow, range(60))
        assert workers.workers["w1"].wait(10) == -9  # before it was done, or this would wait
        spread_out = answers()
    assert found == [slow(item) for item in range(60)]
    alone = answers()
    assert {key: one.inferences for key, one in spread_out.items()} == {
        key: one.inferences for key, one in alone.items()
    }


def test_workers_with_other_code_are_refused(
    workers: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIFTLEDGER_DASK", workers.address)
    monkeypatch.setattr(cluster, "environment_hash", os.getpid)  # another in each process
    with (
        pytest.raises(ClusterUnfit, match=r"\d of \d workers .* have other packages than this"),
        disable_run_logger(),
        spread(),
    ):
        pass


def test_a_cluster_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFTLEDGER_DASK", "tcp://127.0.0.1:1")
    with (
        pytest.raises(ClusterUnfit, match=r"LIFTLEDGER_DASK=tcp://127[.]0.*: no cluster answers"),
        disable_run_logger(),
        spread(),
    ):
        pass


def test_without_an_engine_anywhere_is_here() -> None:
    assert set(anywhere(lambda _: os.getpid(), range(3))) == {os.getpid()}
    with computed_by(lambda function, items: [function(item) + 1 for item in items]):
        assert anywhere(lambda item: item, range(3)) == [1, 2, 3]
        assert anywhere(lambda item: item, range(1)) == [0]  # one alone goes nowhere


def test_a_cluster_that_dies_altogether_leaves_the_work_to_this_process(
    workers: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last test: it needs no cluster of its own."""

    def slow(item: int) -> int:
        time.sleep(0.05)
        return item

    monkeypatch.setenv("LIFTLEDGER_DASK", workers.address)
    with disable_run_logger(), spread():
        threading.Timer(0.5, workers.end).start()
        assert anywhere(slow, range(100)) == list(range(100))
