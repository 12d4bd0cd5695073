"""Shells to type commands into."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.liftledger.commands import Shell


@pytest.fixture
def shell(tmp_path: Path, database_url: str) -> Iterator[Shell]:
    """A shell whose DATABASE_URL is a migrated database of this test's own."""
    home = str(tmp_path / "home")
    shell = Shell(tmp_path, {"DATABASE_URL": database_url, "LIFTLEDGER_HOME": home})
    yield shell
    shell.close()


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
