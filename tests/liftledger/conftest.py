"""Shells to type commands into."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.liftledger.commands import Shell


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
