"""Root lends the embedded server to an ordinary account; ordinary users keep it to themselves."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import psutil
import pytest

from storage import server_account
from storage.server import database
from storage.server_account import choose
from tests.storage.embedded import HOLD, ROOT, ask, servers


@pytest.fixture(autouse=True)
def _no_named_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@needs_root
def test_as_root_the_server_runs_as_somebody_else(home: Path) -> None:
    with database(home):
        assert {psutil.Process(pid).uids().real for pid in servers(home)} == {choose(None).uid}


@needs_root
def test_a_home_closed_to_the_servers_account_puts_the_cluster_where_it_can_reach(
    home: Path,
) -> None:
    home.mkdir()
    home.chmod(0o700)
    with database(home) as url:
        place = Path((home / "postgres" / "location").read_text(encoding="utf-8").strip())
        assert ask(url, "show data_directory") == str(place / "cluster" / "data")
        assert (place / "belongs-to").read_text(encoding="utf-8").strip() == str(home / "postgres")
    with database(home) as url:
        assert ask(url, "show data_directory") == str(place / "cluster" / "data")
    assert not servers(place)


@needs_root
def test_a_copy_of_the_programs_where_the_account_can_reach_them_works(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_account, "OPEN_FOLDER", home.with_name("open"))
    account = choose(None)
    copied = server_account._copied(server_account._installed())
    assert account.reaches(copied / "postgres")
    assert server_account._copied(server_account._installed()) == copied
    data = home.with_name("data")
    data.mkdir()
    account.give(data)
    made = [
        str(copied / "initdb"),
        "-D",
        str(data),
        "-A",
        "trust",
        "--no-sync",
        "--no-instructions",
    ]
    assert subprocess.run(made, cwd="/", check=True, capture_output=True, **account.popen)


@needs_root
def test_an_ordinary_user_runs_its_own_server_and_cannot_write_a_read_only_home(
    home: Path,
) -> None:
    python, path = _python_for_nobody()
    home.mkdir()
    home.chmod(0o555)
    as_nobody: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []}
    command = [python, "-c", HOLD, str(home)]
    environment = {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    refused = subprocess.run(
        command, cwd="/", env=environment, capture_output=True, text=True, check=False, **as_nobody
    )
    assert "DatabaseUnavailable: cannot keep a database" in refused.stderr
    assert "Permission denied" in refused.stderr
    home.chmod(0o755)
    os.chown(home, 65534, 65534)
    done = subprocess.run(
        command, cwd="/", env=environment, capture_output=True, text=True, check=False, **as_nobody
    )
    assert done.stderr == ""
    assert (home / "postgres" / "cluster").stat().st_uid == 65534
    with database(home) as url:  # root on the same home lends the server to the owner
        assert ask(url, "select 1") == "1"
        assert {psutil.Process(pid).uids().real for pid in servers(home)} == {65534}


def _python_for_nobody() -> tuple[str, str]:
    """A Python of our version that an ordinary user may run, and its path to our packages."""
    account = choose(None)
    path = f"{ROOT}:{sysconfig.get_path('platlib')}"
    if not account.reaches(ROOT / "storage"):
        pytest.skip(f"{ROOT} is closed to other users")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        if account.reaches(Path(python)):
            return python, path
    pytest.skip(f"no {version} that other users may run")
