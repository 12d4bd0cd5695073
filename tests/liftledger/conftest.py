"""Shells to type commands into."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.flows import shop
from tests.liftledger.commands import Shell

LOGIN = "Kanarie-{}-login"  # what test_secrets looks for


@pytest.fixture
def shell(tmp_path: Path, database_url: str, prefect_home: Path) -> Iterator[Shell]:
    """A shell whose DATABASE_URL is a migrated database of this test's own.

    Its home is one in which Prefect has been started before, if it has been in this session:
    migrating Prefect's own tables, half a start, is left to the first and to every bare shell.
    """
    home = tmp_path / "home"
    (home / "prefect").mkdir(parents=True)
    for template in prefect_home.glob("template-*.db"):
        shutil.copy(template, home / "prefect")
    shell = Shell(tmp_path, {"DATABASE_URL": database_url, "LIFTLEDGER_HOME": str(home)})
    yield shell
    shell.close()
    for template in (home / "prefect").glob("template-*.db"):
        shutil.copy(template, prefect_home)


@pytest.fixture
def served(shell: Shell, prefect_api: str) -> Shell:
    """The same where Prefect's server is one that runs already: for what is not about its start."""
    shell.settings["PREFECT_API_URL"] = prefect_api
    return shell


@pytest.fixture
def bare_shell() -> Iterator[Shell]:
    """A shell with nothing but an empty home: the embedded database is still to be made."""
    # not tmp_path, which is closed to the account that runs the server when root runs the tests
    folder = Path(tempfile.mkdtemp(prefix="liftledger-shell-"))
    folder.chmod(0o755)
    shell = Shell(folder, {"LIFTLEDGER_HOME": str(folder / "home")})
    yield shell
    shell.close()
    shutil.rmtree(folder)


@pytest.fixture
def owner(shell: Shell) -> Iterator[Shell]:
    """A shell whose login to the database has a password to be found again."""
    url = make_url(shell.settings["DATABASE_URL"])
    name, password = f"owner_{secrets.token_hex(6)}", LOGIN.format(secrets.token_hex(6))
    with shop.connection(shell.settings["DATABASE_URL"]) as server, server.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name} SUPERUSER LOGIN PASSWORD '{password}'")
    ours = url.set(username=name, password=password)
    shell.settings["DATABASE_URL"] = ours.render_as_string(hide_password=False)
    yield shell
    with shop.connection(url.render_as_string(hide_password=False)) as server:
        server.cursor().execute(f"REASSIGN OWNED BY {name} TO CURRENT_USER; DROP ROLE {name}")
