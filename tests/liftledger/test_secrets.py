"""Passwords that are given to us are said nowhere: real commands, failures, and a search."""

import base64
import threading
import traceback
import zipfile
from pathlib import Path

import psutil
import pytest
from sqlalchemy.engine import make_url

from flows.analyze import answer
from storage import alerts
from storage.columns import Table
from storage.errors import DatabaseUnavailable
from storage.ledger import ledger
from tests.channels.mail_server import certificate, mail_server
from tests.channels.receiver import receiver
from tests.flows import shop
from tests.liftledger.commands import MARK, Done, Shell, complaint
from tests.liftledger.test_commands import INGEST, write_shop

MAIL = "Kanarie-mail-pw"
TOKEN = "Kanarie-token-in-the-path"
SIGNING = b"Kanarie-signing-secret-32-bytes!"
WORDS = (
    "Kanarie",
    *(base64.b64encode(one).decode() for one in (SIGNING, b"\0ann\0" + MAIL.encode())),
)


class Onlooker:
    """Whoever types `ps` all the time: command lines of everything a shell starts."""

    def __init__(self, shell: Shell) -> None:
        self.shell, self.seen, self.over = shell, set[str](), threading.Event()
        self.thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Onlooker":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.over.set()
        self.thread.join()

    def _look(self) -> None:
        while not self.over.wait(0.05):
            for process in psutil.process_iter():
                try:
                    if process.environ().get(MARK) == self.shell.mark:
                        self.seen.add(" ".join(process.cmdline()))
                except (psutil.Error, OSError):
                    continue


def spilled(text: str) -> list[str]:
    """The lines of a text in which a secret stands."""
    return [line for line in text.splitlines() if any(word in line for word in WORDS)]


def said(done: Done) -> list[str]:
    return spilled(done.stdout + done.stderr)


def files(folder: Path) -> list[str]:
    """Files below a folder that hold a secret, also in an archive or a database of Prefect's."""
    found = []
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        parts = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                parts += [packed.read(name) for name in packed.namelist()]
        if any(word.encode() in part for word in WORDS for part in parts):
            found.append(str(path.relative_to(folder)))
    return found


def rows(url: str, tables: list[str]) -> list[str]:
    """Rows of these tables that hold a secret."""
    every = [
        str(row) for table in tables for row in shop.rows_of(url, f"SELECT t::text FROM {table} t")
    ]
    return [row for row in every if spilled(row)]


def of_prefect(url: str) -> list[str]:
    """Tables of the database in which Prefect's server keeps its books, logs and parameters."""
    query = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
    return [str(name) for (name,) in shop.rows_of(url, query)]


def refused(owner: Shell, mail_port: int, hook: str) -> dict[str, str]:
    """Settings of channels that will not work, each with a secret in it."""
    return {
        "LIFTLEDGER_SMTP_HOST": "127.0.0.1",
        "LIFTLEDGER_SMTP_PORT": str(mail_port),
        "LIFTLEDGER_SMTP_USER": "ann",
        "LIFTLEDGER_SMTP_PASSWORD": MAIL,
        "LIFTLEDGER_ALERTS_FROM": "lift@example.org",
        "LIFTLEDGER_ALERTS_TO": "ada@example.org",
        "LIFTLEDGER_ALERTS_PAUSES": "0,0",
        "LIFTLEDGER_WEBHOOK_URL": f"{hook}/{TOKEN}?key={TOKEN}",
        "LIFTLEDGER_WEBHOOK_SECRET": "whsec_" + base64.b64encode(SIGNING).decode(),
        "SSL_CERT_FILE": str(owner.folder / "own.pem"),
    }


@pytest.mark.timeout(1200)
def test_what_works_and_what_fails_says_no_secret_anywhere(owner: Shell) -> None:
    url = owner.settings["DATABASE_URL"]
    with (
        mail_server(certificate(owner.folder)) as mailbox,
        receiver() as hook,
        Onlooker(owner) as ps,
    ):
        owner.settings |= refused(owner, mailbox.port, hook.url)
        hook.answers = [500] * 50
        write_shop(owner.folder)
        assert owner.type("--debug", *INGEST).returncode == 0
        ran = owner.run("--debug", "run", "shop.yaml", "--json", patience=500)
        assert ran.returncode == 0, ran.stderr
        assert owner.type("report", "shop", "-o", "shop.html").returncode == 0
        assert owner.type("export", "shop", "-o", "shop.zip").returncode == 0
        with ledger(url) as session:
            alerts.raise_alert(session, "run_failed", "shop", {"message": "late"}, "shop")
        told = owner.run("--debug", "deliver", patience=500)
        doctor = owner.type("--debug", "doctor")
    for done in (ran, told, doctor):
        assert said(done) == []
    assert mailbox.logins == [("ann", MAIL)] * len(mailbox.logins) != []  # it was used, and refused
    assert hook.requests
    assert "does not accept user and password" in doctor.stdout
    assert ps.seen
    assert [line for line in ps.seen if spilled(line)] == []
    assert rows(url, sorted(Table.metadata.tables)) == []
    (owner.folder / "both.pem").unlink()
    assert files(owner.folder) == []


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ann:Kanarie-x@127.0.0.1:9/ledger",
        "postgresql://ann:Kanarie-x@127.0.0.1:port/ledger",
        "postgresql://ann:Kanarie-x@no-such-host.invalid/ledger",
        "postgres//ann:Kanarie-x@127.0.0.1/ledger",
        "mysql://ann:Kanarie-x@127.0.0.1/ledger",
        "postgresql://ann@127.0.0.1:9/ledger?password=Kanarie-y",
        "postgresql://ann:Kanarie-x@127.0.0.1/ledger?no_such_option=Kanarie-y",
        "postgresql://ann:Kanarie%00x@127.0.0.1/ledger",
        "postgresql://ann:Kanarie[x@127.0.0.1:9/ledger",
    ],
)
@pytest.mark.parametrize("command", ["results", "doctor"])
def test_an_address_that_leads_nowhere_is_said_without_its_password(
    shell: Shell, address: str, command: str
) -> None:
    """With --debug, too: a traceback repeats messages of the libraries below."""
    shell.settings["DATABASE_URL"] = address
    done = shell.type("--debug", command)
    assert done.returncode == 1
    assert said(done) == []
    if command == "results":
        quiet = shell.type(command)
        assert "database" in complaint(quiet).lower()
        assert said(quiet) == []


def test_a_login_that_is_refused_and_a_connection_that_breaks_say_no_password(owner: Shell) -> None:
    url = make_url(owner.settings["DATABASE_URL"])
    owner.settings["DATABASE_URL"] = url.set(password="Kanarie-wrong").render_as_string(False)
    done = owner.type("--debug", "results")
    assert "password authentication failed" in done.stderr
    assert said(done) == []
    away = url.render_as_string(hide_password=False)
    ends = "SELECT 'a' store, 1 week, pg_terminate_backend(pg_backend_pid())::int units, 0 promo"
    asked = shop.ask(away, shop.PLAN.replace("{relation: sales, ", f'{{query: "{ends}", '))
    with pytest.raises(DatabaseUnavailable, match="stopped answering") as broken:
        answer(away, asked, "ann", "")
    assert spilled("".join(traceback.format_exception(broken.value))) == []
    assert rows(away, sorted(Table.metadata.tables)) == []
