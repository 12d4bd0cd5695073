"""A real PostgreSQL for the whole session, and a fresh, migrated database for every test.

The server is the embedded one in a folder of its own, unless DATABASE_URL names another: then the
tests make and drop their databases there. Beside it one Prefect server for all tests of flows.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from hypothesis import settings
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.orm import Session

_SCRATCH = Path(tempfile.mkdtemp(prefix="liftledger-tests-"))
_SCRATCH.chmod(0o755)  # as root the server runs as another user, who must get through
# before anything imports Prefect or Great Expectations: nothing phones home, nobody's settings
# or history are touched
os.environ |= {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_HOME": str(_SCRATCH / "prefect"),
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",  # a test that forgot its server is told so
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
}

from storage.server import database  # noqa: E402

settings.register_profile("untimed", deadline=None)  # a busy machine is no defect
settings.load_profile("untimed")


def pytest_xdist_auto_num_workers() -> int:
    """One process more than cores: there is often a test that waits for a server to start."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session", autouse=True)
def _scratch_is_removed() -> Iterator[None]:
    yield
    shutil.rmtree(_SCRATCH)


@pytest.fixture(scope="session")
def server_url(_scratch_is_removed: None) -> Iterator[str]:
    """A running PostgreSQL on which databases may be made."""
    with database(_SCRATCH / "home") as url:
        if "DATABASE_URL" not in os.environ:  # ours alone, thrown away: it need not survive a crash
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                _run(url, f"alter system set {setting} = off")
            _run(url, "select pg_reload_conf()")
        yield url


@pytest.fixture(scope="session")
def template(server_url: str) -> Iterator[str]:
    """The name of a migrated, empty database to copy."""
    from storage.database import migrate

    with _made(server_url, None) as name:
        migrate(_named(server_url, name))
        yield name


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    """A migrated, empty database of this test's own."""
    with _made(server_url, template) as name:
        yield _named(server_url, name)


@pytest.fixture
def empty_database_url(server_url: str) -> Iterator[str]:
    """A database of this test's own without any table."""
    with _made(server_url, None) as name:
        yield _named(server_url, name)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine over database_url."""
    from storage.database import connect

    engine = connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """One transaction over database_url, committed when the test ends well."""
    from storage.database import transaction

    with transaction(engine) as session:
        yield session


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for Prefect's files: once a server has been here, its migrated template is too."""
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="session")
def prefect_api(prefect_home: Path) -> Iterator[str]:
    """The address of a running server, as `liftledger run` starts it; Prefect is told to use it."""
    from flows.prefect_server import prefect_server

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PREFECT_API_URL", raising=False)
        with prefect_server(prefect_home) as server:
            # imported late: another test may have imported Prefect before the address was known
            from prefect.settings import PREFECT_API_URL, temporary_settings

            api = os.environ.pop("PREFECT_API_URL")
            with temporary_settings({PREFECT_API_URL: api}), server.answering():
                yield api


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that any user may enter, with a name that trips careless quoting."""
    top = Path(tempfile.mkdtemp(prefix="liftledger-server-"))
    top.chmod(0o755)
    yield top / "Müller's höme 店"
    pointer = top / "Müller's höme 店" / "postgres" / "location"
    if pointer.exists():
        shutil.rmtree(pointer.read_text(encoding="utf-8").strip())
    shutil.rmtree(top)


class _made:
    """A database made on entry and dropped on exit, whoever is still connected."""

    def __init__(self, server: str, template: str | None) -> None:
        self.server, self.template = server, template
        self.name = f"liftledger_test_{uuid.uuid4().hex[:12]}"

    def __enter__(self) -> str:
        _run(self.server, f"create database {self.name} template {self.template or 'template1'}")
        return self.name

    def __exit__(self, *error: object) -> None:
        _run(self.server, f"drop database {self.name} with (force)")


def _named(server: str, database: str) -> str:
    return make_url(server).set(database=database).render_as_string(hide_password=False)


def _run(server: str, statement: str) -> None:
    connection = psycopg2.connect(
        make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()
