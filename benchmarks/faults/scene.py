"""What faults happen to: a database of its own, small studies, the command that answers them."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
import psutil
import psycopg2
from sqlalchemy.engine import make_url

from storage.database import migrate
from storage.ledger import ledger
from storage.outcomes import ingest
from storage.server_account import choose
from storage.server_cluster import Cluster
from storage.server_process import free_ports
from storage.studies import register
from studies import parse_plan
from tasks.due import ask_by_hand

ROOT = Path(__file__).resolve().parents[2]
PANELS = 8  # different ones; the studies of one panel must have the same answer, bit for bit
STORES, WEEKS = 16, 30
TRIGGERS = 50  # of one study, all at once
PLAN = """
study: {study}
question: What did the promotion do?
panel: {panel}
estimators: [did, sc, sdid]
primary: did
inference: {{placebos: 40}}
"""


class Scene:
    """A cluster in a folder, started and killed from here; and what is done in it."""

    def __init__(self, folder: Path, *, lease: float, at_once: int) -> None:
        self.lease, self.at_once = lease, at_once
        self._folder = folder
        account = choose(None)
        self._cluster = Cluster(folder / "cluster", folder / "server.log", account)
        self._cluster.create()
        self._port = self._cluster.start(free_ports())
        self.url = self._cluster.url(self._port)
        migrate(self.url)
        for number in range(PANELS):
            with ledger(self.url) as session:
                ingest(session, f"panel{number}", _panel(number))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._cluster.stop()

    def reference(self) -> dict[str, str]:
        """By panel, the content hash of an answer that nothing disturbed."""
        for number in range(PANELS):
            self._register(f"calm{number}", number)
            ask_by_hand(self.url, f"calm{number}", "suite", "nothing disturbs it")
        if code := self.answering().wait():
            raise RuntimeError(f"without any fault it failed, exit {code}: {self.said()}")
        found = self.rows(
            "SELECT plan ->> 'panel', content_hash FROM results JOIN studies USING (study)"
        )
        return {str(panel): str(content) for panel, content in found}

    def ask(self, count: int) -> None:
        """Register so many studies and ask for each; for the first one by fifty at once."""
        for number in range(count):
            self._register(f"study{number}", number % PANELS)
        with ThreadPoolExecutor(TRIGGERS // 2) as pool:
            list(pool.map(lambda _: ask_by_hand(self.url, "study0", "suite", ""), range(TRIGGERS)))
        for number in range(1, count):
            ask_by_hand(self.url, f"study{number}", "suite", "")

    def answering(self) -> "subprocess.Popen[bytes]":
        """The command that answers all of them."""
        words = ["run", "--all-due", "--workers", str(self.at_once)]
        settings = {
            "DATABASE_URL": self.url,
            "LIFTLEDGER_LEASE": str(self.lease),
            "LIFTLEDGER_HOME": str(self._folder),
        }
        with (self._folder / "said").open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "liftledger", *words],
                cwd=ROOT, env=os.environ | settings, stdin=subprocess.DEVNULL, stdout=said,
                stderr=said,
            )  # fmt: skip

    def said(self) -> str:
        """The last words of the command and of its workers."""
        texts = [self._folder / name for name in ("said", "workers.log")]
        return "\n".join(one.read_text()[-2000:] for one in texts if one.exists())

    def kill_database(self) -> None:
        """All of its processes at once, as a power cut would."""
        (pid, *_) = (self._cluster.data / "postmaster.pid").read_text().split()
        postmaster = psutil.Process(int(pid))
        for process in (postmaster, *postmaster.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        postmaster.wait(30)

    def start_database(self) -> None:
        """Where it was before, as a supervisor would."""
        self._cluster.start(iter([self._port]))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database says."""
        plain = make_url(self.url).set(drivername="postgresql")
        connection = psycopg2.connect(plain.render_as_string(hide_password=False))
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall()
        finally:
            connection.close()

    def _register(self, study: str, panel: int) -> None:
        with ledger(self.url) as session:
            plan = parse_plan(PLAN.format(study=study, panel=f"panel{panel}"))
            register(session, plan, "suite")


def _panel(number: int) -> pd.DataFrame:
    rng = np.random.default_rng(number)
    store, week = np.arange(STORES)[:, None], np.arange(1, WEEKS + 1)
    promoted = (store < 2) & (week > WEEKS - 4)
    units = 100 + store + rng.normal(size=WEEKS).cumsum() + rng.normal(size=(STORES, WEEKS))
    return pd.DataFrame(
        {
            "unit": np.repeat([f"store {i}" for i in range(STORES)], WEEKS),
            "period": np.tile(week, STORES),
            "outcome": (units + 3 * promoted).ravel(),
            "treatment": promoted.ravel().astype(float),
        }
    )
