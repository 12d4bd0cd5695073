"""One Prefect server for all tests of flows, as `liftledger run` starts it for itself."""

import os
from collections.abc import Iterator

import pytest

from flows.prefect_server import prefect_server


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running server, which Prefect is told to use."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PREFECT_API_URL", raising=False)
        with prefect_server(tmp_path_factory.mktemp("prefect")) as server:
            # imported late: another test may have imported Prefect before the address was known
            from prefect.settings import PREFECT_API_URL, temporary_settings

            api = os.environ.pop("PREFECT_API_URL")
            with temporary_settings({PREFECT_API_URL: api}), server.answering():
                yield api


@pytest.fixture
def ledger_url(database_url: str, prefect_api: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A migrated database of this test's own, which flows find as any user's."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    return database_url
