"""A ledger with something in it, its pages on a real port, and a browser where there is one."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine

from review.application import application
from review.passwords import hashed
from storage import alerts, decisions, pins, results, users
from storage.database import transaction
from tests.review import evidence
from tests.storage.answers import analysis

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PASSWORD = "correct horse battery"
USERS = {"ada": "approver", "carla": "approver", "bob": "analyst", "olga": "auditor"}
AWKWARD = "<script>document.title='taken'</script>"


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """Two results that ada asked for, the first pinned and decided about, and an open alert."""
    for seed in (1, 2):
        with transaction(engine) as session:
            results.save(session, analysis(session, seed=seed, reason=AWKWARD))
    with transaction(engine) as session:
        pins.pin(session, "display", 1, by="carla", reason="it was reported")
    with transaction(engine) as session:
        decisions.decide(session, "display", 1, "repeat", by="bob", reason=AWKWARD)
    with transaction(engine) as session:
        alerts.raise_alert(session, "data_late", "display", {"message": AWKWARD}, "display")
    with transaction(engine) as session:
        evidence.write(session)
    for name, role in USERS.items():
        with transaction(engine) as session:
            users.put(session, name, role, hashed(PASSWORD), "root")
    return engine


@pytest.fixture
def site(database_url: str, filled: Engine) -> Iterator[str]:
    """Where the pages are."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(database_url), log_level="warning"))
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    running.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    running.join()


@pytest.fixture
def client(site: str) -> Iterator[httpx.Client]:
    """Olga, who may only read, is logged in."""
    with httpx.Client(base_url=site, timeout=30, headers={"Origin": site}) as client:
        log_in(client, "olga")
        yield client


def log_in(client: httpx.Client, name: str) -> None:
    answer = client.post("/login", data={"name": name, "password": PASSWORD, "to": "/"})
    assert (answer.status_code, answer.headers.get("location")) == (303, "/")


@pytest.fixture(scope="module")  # its event loop must not outlive the module
def browser() -> Iterator[Browser]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser found: looked for {', '.join(BROWSERS)}")
    with sync_playwright() as running:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        opened = running.chromium.launch(executable_path=found, args=arguments)
        yield opened
        opened.close()
