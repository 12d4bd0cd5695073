"""`liftledger users` and `liftledger review`, as people type them."""

import io
import json
import signal
import socket
import time

import httpx
import pytest

from tests.liftledger.commands import Shell, complaint

PASSWORD = "correct horse battery"


def add(shell: Shell, patch: pytest.MonkeyPatch, *words: str, password: str = PASSWORD) -> str:
    """Add a user with a password from stdin; what was complained about, if anything was."""
    patch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    done = shell.type("users", "add", *words)
    assert password not in done.stdout + done.stderr
    return complaint(done) if done.returncode else ""


def test_users_come_with_a_password_from_stdin_and_go(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert add(shell, monkeypatch, "carla", "--role", "approver") == ""
    assert "there is no role 'king'" in add(shell, monkeypatch, "carla", "--role", "king")
    assert "small letters: carla" in add(shell, monkeypatch, "Carla", "--role", "auditor")
    short = add(shell, monkeypatch, "carla", "--role", "auditor", password="short")
    assert "at least 12 characters" in short
    shown = json.loads(shell.type("users", "--json").stdout)
    assert shown == {"users": [{"name": "carla", "role": "approver"}]}
    assert "no user 'bob'; there are carla" in complaint(shell.type("users", "remove", "bob"))
    assert "no user yet" in shell.type("users", "remove", "carla").stdout


def test_review_answers_until_it_is_interrupted(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} is taken" in complaint(shell.type("review", "--port", str(port)))
    process = shell.start("review", "--port", str(port))
    deadline = time.monotonic() + 120
    while "pages at" not in shell.said and time.monotonic() < deadline:
        time.sleep(0.1)
    # the port is bound before the words are said, so the request waits for the server
    assert httpx.get(f"http://127.0.0.1:{port}/login", timeout=60).status_code == 200
    assert "`liftledger users add NAME --role approver` makes the first user" in shell.said
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert shell.left_behind() == []
