"""What the tests of the embedded server ask of it, and other processes that use it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import psycopg2
from sqlalchemy.engine import make_url

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from storage.server import database
with database(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.readline()
"""


def ask(url: str, question: str) -> str:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg2.connect(plain)
    try:
        with connection.cursor() as cursor:
            cursor.execute(question)
            row = cursor.fetchone()
            connection.commit()
            return str(row[0]) if row else ""
    finally:
        connection.close()


def servers(home: Path) -> list[int]:
    """Process ids of every PostgreSQL over this home."""
    return [
        process.pid
        for process in psutil.process_iter(["name", "cmdline", "status"])
        if process.info["name"] == "postgres"
        and process.info["status"] != psutil.STATUS_ZOMBIE
        and any(str(home) in word for word in process.info["cmdline"] or ())
    ]


def holder(home: Path, **options: Any) -> subprocess.Popen[str]:
    """Another process that uses the database until its stdin says otherwise."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def finish(process: subprocess.Popen[str]) -> int:
    process.communicate("done\n", timeout=60)
    return process.returncode
