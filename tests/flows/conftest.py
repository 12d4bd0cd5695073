"""What flows run on: a Prefect server, and a database that they find as any user's."""

import pytest


@pytest.fixture
def ledger_url(database_url: str, prefect_api: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A migrated database of this test's own, which flows find as any user's."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    return database_url
