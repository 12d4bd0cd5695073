"""The embedded server: there when needed, gone afterwards, never somebody else's."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from storage.errors import DatabaseUnavailable
from storage.server import database, home_folder
from storage.server_account import choose
from storage.server_cluster import Cluster
from tests.storage.embedded import ask, finish, holder, line, servers


@pytest.fixture(autouse=True)
def _no_named_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)


def test_a_server_starts_by_itself_keeps_its_data_and_is_gone_afterwards(home: Path) -> None:
    with database(home) as url:
        assert ask(url, "create table kept as select 7 as n; select n from kept") == "7"
        assert servers(home)
    assert not servers(home)
    with database(home) as url:
        assert ask(url, "select n from kept") == "7"
    assert not servers(home)


def test_text_is_ordered_by_the_builtin_locale_in_utc_and_written_through(home: Path) -> None:
    with database(home) as url:
        assert ask(url, "select datlocale from pg_database where datname = current_database()") == (
            "C.UTF-8"
        )
        assert ask(url, "show timezone") == "UTC"
        assert ask(url, "show fsync") == "on"
        assert ask(url, "select host(inet_server_addr())") == "127.0.0.1"


def test_a_second_start_takes_less_than_two_seconds(home: Path) -> None:
    with database(home):
        pass
    began = time.monotonic()
    with database(home):
        pass
    assert time.monotonic() - began < 2


def test_the_password_is_for_the_owner_alone_and_is_asked_for(home: Path) -> None:
    with database(home) as url:
        password = home / "postgres" / "cluster" / "password"
        assert password.stat().st_mode & 0o777 == 0o600
        wrong = make_url(url).set(password="wrong").render_as_string(hide_password=False)
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            ask(wrong, "select 1")


def test_two_users_in_one_process_share_one_server_and_the_last_one_out_stops_it(
    home: Path,
) -> None:
    with database(home) as outer:
        with database(home) as inner:
            assert inner == outer
        assert ask(outer, "select 1") == "1"
    assert not servers(home)


def test_two_processes_that_start_at_once_share_one_server(home: Path) -> None:
    first, second = holder(home), holder(home)
    url = line(first)
    assert line(second) == url
    assert finish(first) == 0
    assert ask(url, "select 1") == "1"
    assert finish(second) == 0
    assert not servers(home)


def test_a_killed_user_does_not_keep_the_server_alive(home: Path) -> None:
    victim = holder(home)
    url = line(victim)
    victim.kill()
    victim.communicate()
    with database(home) as again:
        assert again == url  # the server it left behind is found and shared
    assert not servers(home)


def test_a_killed_server_is_started_again_and_what_was_committed_is_there(home: Path) -> None:
    victim = holder(home)
    ask(line(victim), "create table kept as select 7 as n; select 1")
    for pid in servers(home):
        os.kill(pid, signal.SIGKILL)
    victim.kill()
    victim.communicate()
    with database(home) as url:
        assert ask(url, "select n from kept") == "7"


@pytest.mark.parametrize("wish", [signal.SIGINT, signal.SIGTERM])
def test_a_user_asked_to_end_leaves_nothing_running(home: Path, wish: signal.Signals) -> None:
    process = holder(home, stderr=subprocess.DEVNULL)
    line(process)
    process.send_signal(wish)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert not servers(home)


@pytest.mark.parametrize("after", [0.4, 0.8])
def test_interrupting_the_first_start_leaves_nothing_running_and_nothing_half_made(
    home: Path, after: float
) -> None:
    process = holder(home, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(after)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert not servers(home)
    assert not list(home.glob("postgres/new-cluster-*"))
    with database(home) as url:
        assert ask(url, "select 1") == "1"


@pytest.mark.parametrize("number", ["ours", "99999999"])
def test_a_stale_process_id_does_not_stop_a_start(home: Path, number: str) -> None:
    with database(home):
        pass
    pid = os.getpid() if number == "ours" else int(number)  # a number used again, one unused
    stale = home / "postgres" / "cluster" / "data" / "postmaster.pid"
    stale.write_text(f"{pid}\n{stale.parent}\n0\n1\n\n\n\n", encoding="utf-8")
    with database(home) as url:
        assert ask(url, "select 1") == "1"


def test_a_port_that_is_taken_is_passed_over(home: Path) -> None:
    with database(home):
        pass
    folder = home / "postgres" / "cluster"
    cluster = Cluster(folder, home / "postgres" / "server.log", choose(folder))
    with socket.create_server(("127.0.0.1", 0)) as stranger, socket.socket() as probe:
        taken = stranger.getsockname()[1]
        with pytest.raises(DatabaseUnavailable, match=f"ports tried: {taken}.*in use"):
            cluster.start(iter([taken]))
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
        probe.close()
        assert cluster.start(iter([taken, free])) == free
    cluster.stop()
    assert not servers(home)


def test_somebody_elses_server_on_our_port_is_not_taken_for_ours(home: Path) -> None:
    other = home.with_name("other")
    with database(home) as ours, database(other) as theirs:
        assert ours != theirs
        folder = home / "postgres" / "cluster"
        cluster = Cluster(folder, home / "postgres" / "server.log", choose(folder))
        assert cluster.port() == make_url(ours).port
        shutil.copy(
            folder / "password", other / "postgres" / "cluster" / "password"
        )  # even with the same password
        assert not cluster._answers(make_url(theirs).port or 0)


def test_a_home_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with (
        pytest.raises(DatabaseUnavailable, match=r"cannot keep a database in .*LIFTLEDGER_HOME"),
        database(tmp_path / "file"),
    ):
        pass


def test_postgres_variables_meant_for_other_servers_change_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGSSLMODE": "require", "PGPORT": "1", "PGDATA": "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LC_ALL", "xx_YY.UTF-8")
    with database(home) as url:
        assert ask(url, "select 1") == "1"
    assert os.environ["PGSSLMODE"] == "require"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_database_url_is_used_instead_and_nothing_is_started(
    home: Path, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "DATABASE_URL", f"{scheme}://me:s%40crt@db.example:5433/lift?sslmode=require"
    )
    with database(home) as url:
        assert url == "postgresql+psycopg2://me:s%40crt@db.example:5433/lift?sslmode=require"
    assert not home.exists()


@pytest.mark.parametrize("named", ["sqlite:///x.db", "not a url", "mysql://me:secret@h/d"])
def test_a_database_url_that_is_not_postgresql_is_one_clear_line(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", named)
    with pytest.raises(DatabaseUnavailable, match="postgresql://user") as refused, database():
        pass
    assert "secret" not in str(refused.value)


def test_the_home_is_named_by_liftledger_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFTLEDGER_HOME", "~/ledger")
    assert home_folder() == Path.home() / "ledger"
    monkeypatch.delenv("LIFTLEDGER_HOME")
    assert home_folder() == Path.home() / ".local" / "share" / "liftledger"
