"""What `liftledger doctor` looks at, one function each. None of them changes anything that counts.

An examination returns a Finding; one that cannot be made raises what the rooms below raise, which
the doctor turns into a finding of its own.
"""

import importlib.metadata
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

OLDEST_PYTHON = (3, 11)
LITTLE, TOO_LITTLE = 2_000, 200  # megabytes free


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is as it should be, what was found, how to mend it."""

    name: str
    state: Literal["ok", "warn", "fail"]
    found: str
    mend: str = ""


def python() -> Finding:
    """The interpreter is one this version was tested on."""
    found = f"{sys.version.split()[0]} at {sys.executable}"
    if sys.version_info < OLDEST_PYTHON:
        return Finding("python", "fail", found, "use Python 3.11 or later")
    return Finding("python", "ok", found)


def packages() -> Finding:
    """Everything Liftledger asks for is installed, in a version it works with.

    Some pins are narrow because combinations break without a word: Prefect 3.8 does not import
    with FastAPI 0.151 or later, and its scheduler stops on SQLAlchemy 2.1.
    """
    from packaging.requirements import Requirement

    asked = [Requirement(text) for text in importlib.metadata.requires("liftledger") or ()]
    wrong = []
    for one in asked:
        if one.marker is not None and not one.marker.evaluate():
            continue
        try:
            version = importlib.metadata.version(one.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{one.name} is missing")
            continue
        if not one.specifier.contains(version, prereleases=True):
            wrong.append(f"{one.name} {version} is not {one.specifier}")
    if wrong:
        return Finding("packages", "fail", "; ".join(wrong), "pip install -r requirements.lock")
    told = ("prefect", "fastapi", "sqlalchemy", "numpy", "great-expectations")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in told)
    return Finding("packages", "ok", f"{len(asked)} as pinned: {versions}")


def threads() -> Finding:
    """Matrix products run on one thread: with more, the last digits depend on the machine."""
    import numba
    import numpy as np
    from threadpoolctl import threadpool_info

    np.ones((2, 2)) @ np.ones((2, 2))  # loads the library that is to be asked
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    told = ", ".join(f"{one['internal_api']} {one['num_threads']}" for one in libraries)
    found = f"BLAS threads: {told or 'none found'}; numba threads: {numba.get_num_threads()}"
    if any(one["num_threads"] != 1 for one in libraries):
        # not an error: a run limits them itself
        return Finding("threads", "warn", found, "unset OPENBLAS_NUM_THREADS and OMP_NUM_THREADS")
    return Finding("threads", "ok", found)


def home() -> Finding:
    """The folder for everything can be written to."""
    from storage.server import home_folder

    folder = home_folder()
    mend = "choose a folder you may write to with LIFTLEDGER_HOME"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return Finding("home", "ok", f"{folder} is writable")
    except OSError as error:
        return Finding("home", "fail", f"{folder}: {error.strerror or error}", mend)


def disk() -> Finding:
    """There is room for the embedded database and reports."""
    from storage.server import home_folder

    folder = home_folder()
    while not folder.is_dir():
        folder = folder.parent
    free = shutil.disk_usage(folder).free // 1_000_000
    found = f"{free:,} MB free at {folder}"
    if free < LITTLE:
        state: Literal["warn", "fail"] = "fail" if free < TOO_LITTLE else "warn"
        return Finding("disk", state, found, "free some space, or move LIFTLEDGER_HOME")
    return Finding("disk", "ok", found)


def clock() -> Finding:
    """Now is not before this code was written: results and audit entries carry the time."""
    written = max(path.stat().st_mtime for path in Path(__file__).parent.glob("*.py"))
    now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    if time.time() < written - 60:
        return Finding("clock", "warn", f"{now} is before this code was installed", "set the clock")
    return Finding("clock", "ok", now)


def telemetry() -> Finding:
    """Nothing leaves the machine: what could is switched off before it is imported."""
    from flows.prefect_server import QUIET

    asked = {**QUIET, "GX_ANALYTICS_ENABLED": "false"}
    switches = ("DO_NOT_TRACK", "PREFECT_SERVER_ANALYTICS_ENABLED", "GX_ANALYTICS_ENABLED")
    found = ", ".join(f"{name}={asked[name]}" for name in switches)
    return Finding("telemetry", "ok", f"off in every process started here: {found}")


def orchestrator() -> Finding:
    """The Prefect server that runs report to answers."""
    from flows.prefect_server import running_server, server_version
    from storage.server import home_folder

    api = os.environ.get("PREFECT_API_URL")
    if not api:
        running = running_server(home_folder() / "prefect")
        told = f"liftledger up at {running}" if running else "each run starts one of its own"
        return Finding("prefect", "ok", told)
    version = server_version(api, 5.0)
    ours = importlib.metadata.version("prefect")
    if version is None:
        mend = "start that server, or unset PREFECT_API_URL"
        return Finding("prefect", "fail", f"{api} (PREFECT_API_URL) does not answer", mend)
    if version != ours:
        found = f"{api} (PREFECT_API_URL) is Prefect {version}, installed is {ours}"
        return Finding("prefect", "warn", found, "use the same version on both sides")
    return Finding("prefect", "ok", f"{api} (PREFECT_API_URL), Prefect {version}")


def programs() -> Finding:
    """The embedded PostgreSQL can be executed by the account that will run it."""
    if os.environ.get("DATABASE_URL"):
        return Finding("programs", "ok", "not needed: DATABASE_URL is set")
    from storage import server_account

    account = server_account.choose(None)
    folder = server_account.programs(account)
    return Finding("programs", "ok", f"PostgreSQL in {folder}, run as {account.name}")


def ledger() -> Iterator[Finding]:
    """The database answers, its tables are up to date, and its audit log is whole."""
    from storage import audit
    from storage.database import connect, schema_state, transaction
    from storage.server import database

    with database() as url:
        engine = connect(url)
        try:
            version = ".".join(map(str, engine.dialect.server_version_info or ()))
            place = "DATABASE_URL" if os.environ.get("DATABASE_URL") else "embedded"
            yield Finding("database", "ok", f"PostgreSQL {version} ({place}) answers")
            yield _books(url)
            current, head = schema_state(url)
            if current != head:
                mend = "`liftledger register`, `ingest` or `run` brings them up to date"
                yield Finding("tables", "warn", f"at {current or 'none'}, needed: {head}", mend)
                return
            yield Finding("tables", "ok", f"up to date ({head})")
            with transaction(engine) as session:
                broken = audit.verify(session)
                entries, _ = audit.head(session)
            if broken:
                found = f"entry {broken[0].id} {broken[0].problem} ({len(broken)} in all)"
                mend = "somebody changed the ledger from outside: restore it from a backup"
                yield Finding("audit log", "fail", found, mend)
            else:
                yield Finding("audit log", "ok", f"{entries:,} entries, the chain holds")
        finally:
            engine.dispose()


def _books(url: str) -> Finding:
    """Where the Prefect server of `liftledger up` keeps its books, and how to have it otherwise."""
    from liftledger.books import NAME, NEEDED, books_of_prefect
    from storage.server import home_folder

    where = (
        f"`liftledger up` keeps Prefect's in {books_of_prefect(url, home_folder() / NAME).where}"
    )
    if "SQLite" not in where or not os.environ.get("DATABASE_URL"):
        return Finding("books", "ok", where)
    mend = f"for several workers: offer {NEEDED} (contrib) and let the user make a database"
    return Finding("books", "warn", where, mend)
