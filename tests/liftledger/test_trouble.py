"""When something is in the way: one clear line, nothing lost, nothing left running."""

import json
import signal
import socket
from contextlib import suppress

import psutil
import pytest

from tests.flows import shop
from tests.liftledger.commands import Shell, complaint, until
from tests.liftledger.test_commands import INGEST, write_shop


@pytest.mark.parametrize("words", [("results",), ("doctor",)], ids=" ".join)
def test_a_database_that_is_down_is_said_without_its_password(
    shell: Shell, words: tuple[str, ...]
) -> None:
    shell.settings["DATABASE_URL"] = "postgresql://ann:s3cret@127.0.0.1:9/ledger"
    done = shell.type(*words)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "127.0.0.1:9" in said
    assert "s3cret" not in said
    assert "Traceback" not in said


def test_a_home_that_cannot_be_written_to_is_said(bare_shell: Shell) -> None:
    # root may write to any folder, but into a file nobody can put one
    (bare_shell.folder / "home").write_text("")
    done = bare_shell.type("run", "shop")
    assert done.returncode == 1
    assert "LIFTLEDGER_HOME" in complaint(done)
    assert bare_shell.left_behind() == []


def test_a_port_that_is_taken_is_named_with_the_way_out(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        for option in ("--port", "--review-port"):
            done = shell.type("up", option, port)
            assert done.returncode == 1
            assert f"port {port} is taken" in complaint(done)
            assert f"another with {option}" in complaint(done)
    assert shell.left_behind() == []


def test_a_run_that_is_interrupted_stores_nothing_and_leaves_nothing_running(
    shell: Shell,
) -> None:
    write_shop(shell.folder)
    shell.type(*INGEST)
    url = shell.settings["DATABASE_URL"]
    with shop.connection(url) as holder, holder.cursor() as lock:
        # whoever stores the validation waits here, in the middle of the run
        lock.execute("LOCK TABLE validations IN ACCESS EXCLUSIVE MODE")
        run = shell.start("run", "shop.yaml")
        until(lambda: "checks " in shell.said, "the run to check its data")
        run.send_signal(signal.SIGINT)
        holder.commit()
        assert run.wait(60) == 130, shell.said
    assert shell.said.splitlines()[-1] == "liftledger: interrupted; nothing was stored"
    assert set(shop.counts(url).values()) == {0}
    last = shop.rows_of(url, "SELECT what FROM audit_log ORDER BY id DESC LIMIT 1")
    assert last == [("run_interrupted",)]
    assert shell.left_behind() == []


def test_a_database_killed_in_the_middle_loses_nothing_and_the_next_run_answers(
    bare_shell: Shell,
) -> None:
    write_shop(bare_shell.folder)
    assert bare_shell.type(*INGEST).returncode == 0
    run = bare_shell.start("run", "shop.yaml")
    until(lambda: "snapshot kept" in bare_shell.said, "the run to keep its snapshot")
    (file,) = (bare_shell.folder / "home").rglob("postmaster.pid")
    postmaster, _, _, port, *_ = file.read_text().splitlines()
    kill_server(int(postmaster))
    assert run.wait(120) == 1, bare_shell.said
    last = bare_shell.said.splitlines()[-1]
    assert "the database" in last
    assert port in last

    first = bare_shell.run("run", "shop", "--json")
    assert first.returncode == 0, first.stderr
    assert "did      tuned, fitted" in first.stderr
    assert "prefect" not in first.stderr.lower()
    answer = json.loads(first.stdout)
    assert {"study", "version", "result_id", "estimates"} <= set(answer)
    assert [estimate["estimator"] for estimate in answer["estimates"]] == ["did", "sc"]
    kinds = [variance["kind"] for variance in answer["estimates"][0]["variances"]]
    assert kinds == ["marginal", "given_unit", "given_period", "given_both", "adaptive"]

    known = json.loads(bare_shell.type("results", "shop", "--json").stdout)["results"]
    assert [(one["version"], one["result_id"]) for one in known] == [(1, answer["result_id"])]
    assert bare_shell.type("report", "shop@1", "-o", "shop.html").returncode == 0
    assert "What did the promotion do?" in (bare_shell.folder / "shop.html").read_text()
    assert bare_shell.left_behind() == []


def kill_server(postmaster: int) -> None:
    """End PostgreSQL as a power cut would, as far as its clients can tell."""
    server = psutil.Process(postmaster)
    for process in (*server.children(recursive=True), server):
        with suppress(psutil.NoSuchProcess):  # they fall with one another
            process.kill()
    server.wait(30)


def test_names_that_steer_a_terminal_are_shown_and_not_obeyed(shell: Shell) -> None:
    name = "red\x1b[31m\x1b]0;title\x07‮"
    (shell.folder / "sales.csv").write_text(f"{name},period,outcome\na,1,2\n", encoding="utf-8")
    done = shell.type("ingest", "sales.csv", "--panel", "shop")
    assert "it has: red�[31m�]0;title��, period, outcome" in complaint(done)
    (shell.folder / "shop.yaml").write_text('study: "a\\e[31m"\n', encoding="utf-8")
    done = shell.type("register", "shop.yaml")
    assert done.returncode == 2
    assert not {"\x1b", "\x07"} & set(done.stderr)
