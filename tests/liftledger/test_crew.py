"""Workers are copies of one process that is ready: another is there at once, and none stays."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from liftledger.crew import Crew, crew
from liftledger.ending import Failure
from tests.liftledger.commands import until


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "workers.log"


@pytest.fixture
def members(database_url: str, log: Path) -> Iterator[Crew]:
    with crew(database_url, 2, log) as members:
        wait_for_two(members)
        yield members


def wait_for_two(members: Crew, besides: frozenset[int] = frozenset()) -> None:
    def two() -> bool:
        members.replace_the_dead()
        return len(members.members) == 2 and besides.isdisjoint(members.members)

    until(two, "two workers")


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_worker_that_is_killed_is_replaced_by_a_copy_that_imports_nothing(members: Crew) -> None:
    template = psutil.Process(members.members[0]).parent()
    assert template is not None
    spent = sum(template.cpu_times()[:2])
    victim = members.members[0]
    os.kill(victim, signal.SIGKILL)
    wait_for_two(members, besides=frozenset({victim}))
    copies = [psutil.Process(pid) for pid in members.members]
    assert {copy.ppid() for copy in copies} == {template.pid}
    assert len({os.getsid(copy.pid) for copy in copies}) == 2  # sessions of their own
    # an import of what a worker needs takes many times as long, started anew or copied too early
    assert sum(sum(one.cpu_times()[:2]) for one in copies) < 0.3 * spent
    assert sum(template.cpu_times()[:2]) < 1.2 * spent


def test_when_their_template_is_killed_they_end_and_others_come(
    members: Crew, capsys: pytest.CaptureFixture[str]
) -> None:
    before = frozenset(members.members)
    template = psutil.Process(next(iter(before))).ppid()
    os.kill(template, signal.SIGKILL)
    wait_for_two(members, besides=before)
    assert "what starts them ended (signal 9); it is started again" in capsys.readouterr().err
    until(lambda: not any(alive(pid) for pid in before), "the first two to end")


def test_none_is_left_when_the_block_ends_even_while_they_import(
    database_url: str, log: Path
) -> None:
    me = psutil.Process()
    with crew(database_url, 2, log) as members:
        (template,) = [one for one in me.children() if "liftledger.forking" in one.cmdline()]
        started = time.monotonic()
    assert time.monotonic() - started < 20
    assert not alive(template.pid)
    assert not members.members


def test_workers_that_cannot_live_here_are_told_of_and_not_started_for_ever(
    database_url: str, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(log.parent))
    (log.parent / "typer.py").write_text("raise ImportError('broken here')")

    def until_it_gives_up(members: Crew) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            members.replace_the_dead()
            time.sleep(0.05)

    with (
        pytest.raises(Failure, match=r"do not stay alive; the log is .*workers\.log"),
        crew(database_url, 2, log) as members,
    ):
        until_it_gives_up(members)
    assert "broken here" in log.read_text()
