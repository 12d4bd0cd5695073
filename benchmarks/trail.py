"""The trail: writing to the log, verifying it, and changed bytes of an export.

    python -m benchmarks.trail            everything, with the CPU time of client and server
    python -m benchmarks.trail --json     the same as a list of rows

Promised: a log of 1,000,000 entries verified in 10 s; 1,000 entries, each in a transaction of its
own, in 6.7 s (150 a second); 1,000,000 in one transaction in 50 s (20,000 a second); 10,000 random
changes of one byte of an export, none unnoticed. On a busy machine the CPU time says more than the
clock. With DATABASE_URL set, that database is measured, and keeps what was written.
"""

import hashlib
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks.measuring.alone import peak
from benchmarks.measuring.rows import Row, in_seconds, tell
from storage import audit
from storage.database import connect, migrate, transaction
from storage.server import database
from storage.trail import bundle, chain, offline
from storage.versions import numbered
from tests.storage import everything

ENTRIES, COMMITS, CHANGES = 1_000_000, 1_000, 10_000
BULK = text(
    "INSERT INTO audit_log (who, what, subject, details)"
    " SELECT 'ada', 'noted', 'study ' || n % 500,"
    " json_build_object('request_id', repeat('a', 64), 'number', n, 'reason', 'because \"so\"')"
    " FROM generate_series(1, :count) AS n"
)


def measured(engine: Engine, what: str, promise: float, work: Callable[[Any], object]) -> list[Row]:
    """Rows: seconds by the clock, and of both processors' time."""
    with Session(engine) as session:
        server = psutil.Process(session.scalar(text("SELECT pg_backend_pid()")))
        before, own, started = server.cpu_times(), time.process_time(), time.perf_counter()
        work(session)
        session.commit()
        seconds, own = time.perf_counter() - started, time.process_time() - own
        after = server.cpu_times()
    spent = after.user + after.system - before.user - before.system
    return [
        in_seconds(what, seconds, promise),
        in_seconds(f"{what}, CPU here", own),
        in_seconds(f"{what}, CPU of the server", spent),
    ]


def measure() -> list[Row]:
    """Everything, in an order in which each has what it needs."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # as root the server runs as another user, who must get through
        with database(Path(folder) / "home") as url:
            migrate(url)
            engine = connect(url)
            with transaction(engine) as session:
                everything.write(session)
                row = numbered(session, "display", 1)
                evidence = bundle.about(session, row)
                files = bundle.files(session, evidence, evidence.last)
            found = measured(engine, f"{COMMITS:,} audited commits", COMMITS / 150, _commits)
            bulk = {"count": ENTRIES}
            found += measured(engine, f"{ENTRIES:,} entries in one transaction", ENTRIES / 20_000,
                              lambda session: session.execute(BULK, bulk))  # fmt: skip
            before = peak()
            found += measured(engine, f"{ENTRIES:,} entries verified", 10.0, chain.check)
            more = peak() - before
            found.append(Row("memory that verifying took on top", round(more), "MB", 50))
            engine.dispose()
    return [*found, _changes(files)]


def _commits(session: Any) -> None:
    for number in range(COMMITS):
        audit.record(session, "noted", "it", {"number": number}, "ada")
        session.commit()


def _changes(rows: dict[str, bytes]) -> Row:
    """How many of the random changes of one byte go unnoticed."""
    files = dict(rows)
    sums = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    files[offline.SUMS] = "".join(sums).encode()
    assert not offline.found_in(files, None)
    generator, unnoticed = random.Random(20261128), 0
    names, sizes = list(files), [len(content) for content in files.values()]
    for _ in range(CHANGES):
        (name,) = generator.choices(names, sizes)
        changed = bytearray(files[name])
        changed[generator.randrange(len(changed))] ^= generator.randrange(1, 256)
        unnoticed += not offline.found_in(files | {name: bytes(changed)}, None)
    return Row(f"{CHANGES:,} changed bytes, unnoticed", unnoticed, "", 0)


if __name__ == "__main__":
    tell(measure())
