"""What is due is started once, by however many watch, and again where Prefect lost it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.states import Crashed, Running

from flows.analyze import analyze
from flows.listening import worth_a_look
from flows.watch import watch
from storage import alerts, leases, runs
from storage.ledger import ledger
from storage.runs import Run
from tasks.handing_out import NoDeployment
from tests.flows import promoted, shop


@pytest.fixture
def client(ledger_url: str) -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as client:
        yield client


@pytest.fixture
def deployment(client: SyncPrefectClient) -> Iterator[UUID]:
    """The deployment of analyze, as `prefect deploy` registers it; nobody works it off."""
    flow = client.create_flow_from_name("analyze")
    made = client.create_deployment(flow, "analyze", entrypoint="flows/analyze.py:analyze")
    yield made
    client.delete_deployment(made)


def started(client: SyncPrefectClient, deployment: UUID) -> list[FlowRun]:
    of_it = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
    return client.read_flow_runs(deployment_filter=of_it)


def only(url: str) -> Run:
    with ledger(url) as session:
        (run,) = runs.every(session)
    return run


def test_what_is_due_is_handed_to_prefect_and_answered_by_the_flow(
    ledger_url: str, client: SyncPrefectClient, deployment: UUID
) -> None:
    promoted.due(ledger_url)
    assert worth_a_look(ledger_url)
    assert watch(requested_by="watch") == 1
    (flow_run,) = started(client, deployment)
    assert flow_run.parameters["run"] == only(ledger_url).id
    result = analyze(**flow_run.parameters)
    assert (result.study, result.version, result.requested_by) == ("shop", 1, "watch")
    assert result.reason == f"promotion shop: ended on {promoted.LAST}, data complete"
    assert not worth_a_look(ledger_url)
    assert watch() == 0
    assert len(started(client, deployment)) == 1


def test_many_who_watch_at_once_start_one_analysis(
    ledger_url: str, client: SyncPrefectClient, deployment: UUID
) -> None:
    promoted.due(ledger_url)
    with ThreadPoolExecutor(5) as pool:
        for done in [pool.submit(copy_context().run, watch) for _ in range(5)]:
            done.result()
    assert len(started(client, deployment)) == 1
    assert only(ledger_url).state == "waiting"


def test_a_flow_run_that_was_lost_or_died_is_followed_by_another(
    ledger_url: str, client: SyncPrefectClient, deployment: UUID
) -> None:
    promoted.due(ledger_url)
    watch()
    (lost,) = started(client, deployment)
    client.delete_flow_run(lost.id)  # as by a server that was set up anew
    assert watch() == 1
    (crashed,) = started(client, deployment)
    client.set_flow_run_state(crashed.id, Crashed(), force=True)
    assert watch() == 1
    assert watch() == 0


def test_a_run_whose_worker_was_killed_is_handed_out_again_after_its_lease(
    ledger_url: str, client: SyncPrefectClient, deployment: UUID
) -> None:
    promoted.due(ledger_url)
    watch()
    (killed,) = started(client, deployment)
    client.set_flow_run_state(killed.id, Running(), force=True)  # and so it stays, for Prefect
    with ledger(ledger_url) as session:
        assert leases.claim(session, "gone:1", 60) is not None
    assert watch() == 0
    with shop.connection(ledger_url) as server, server.cursor() as cursor:
        cursor.execute("UPDATE runs SET lease_until = now() - interval '1 second'")
    assert watch() == 1
    assert len(started(client, deployment)) == 2


def test_data_that_are_late_are_told_and_nothing_is_started(ledger_url: str) -> None:
    promoted.deliver(ledger_url, weeks=13)
    promoted.plan(ledger_url)
    assert watch(requested_by="watch") == 0
    with ledger(ledger_url) as session:
        (alert,) = alerts.known(session)
    assert (alert.kind, alert.subject, alert.by) == ("data_late", "shop", "watch")


def test_without_the_deployment_it_says_how_to_bring_it(ledger_url: str) -> None:
    promoted.due(ledger_url)
    with pytest.raises(NoDeployment, match="prefect deploy --all"):
        watch()
    assert only(ledger_url).state == "waiting"
