"""Makes the ledger of one release, to be read by every later one.

python -m tests.ledgers                  of this code
python -m tests.ledgers --code FOLDER    of another checkout (git worktree add --detach FOLDER TAG)

The commands of that code are typed in order, those it does not know are left out; the database they
leave behind is dumped. Made once and kept: a ledger that is there is not written over.
"""

import argparse
import json
import lzma
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from storage.database import VERSION_TABLE
from storage.server import database
from storage.server_account import choose, programs
from tests.flows import shop
from tests.ledgers import STUDY, Kept, numbers, released

ROOT = Path(__file__).parents[2]
PLAN = f"""
study: {STUDY}
question: What did the promotion do?
panel: sales
treatment: {{pattern: block, units: [store 0], first: 10, last: 14, cells: 5}}
requirements: {{pre_periods: 5, donors: 5, observed: 1.0}}
estimators: [did, sc, difp, mc, sdid, dwcp]
primary: did
inference: {{level: 0.9, primary: given_both, placebos: 20}}
seed: 11
"""
NAMED = ("--unit", "store", "--period", "week", "--outcome", "units", "--treatment", "promo")
ANSWERED = f"{STUDY}@1"
STEPS = (  # who types what
    ("ann", ("ingest", "sales.csv", "--panel", "sales", *NAMED)),
    ("ann", ("register", "study.yaml")),
    ("ann", ("run", STUDY, "--json", "--reason", "to be kept")),
    ("bob", ("decide", ANSWERED, "repeat", "--reason", "it sold more")),
    ("carla", ("sign", ANSWERED, "--reason", "read it")),
    ("carla", ("pin", ANSWERED, "--reason", "reported to the board")),
    ("bob", ("outcome", ANSWERED, "right", "--reason", "it did again")),
    ("dora", ("replay", ANSWERED, "--reason", "the auditor asked")),
)
OF_THIS_SERVER = re.compile(r"^(\\|-- Dumped |SET transaction_timeout)")  # others cannot read it


def make(code: Path) -> Kept:
    """Type the commands of this code, and keep what they leave behind."""
    with tempfile.TemporaryDirectory() as top:
        Path(top).chmod(0o755)  # as root the database runs as another user
        shop.sales().to_csv(Path(top) / "sales.csv", index=False)
        (Path(top) / "study.yaml").write_text(PLAN, encoding="utf-8")
        with database(Path(top) / "home") as url:
            words = {"DATABASE_URL": url, "LIFTLEDGER_HOME": top, "PYTHONPATH": str(code)}
            known = _typed(Path(top), words, "--help")
            answer = ""
            for who, step in STEPS:
                if re.search(rf"^\W*{step[0]} ", known, re.MULTILINE):
                    said = _typed(Path(top), words | {"LOGNAME": who}, *step)
                    answer = said if step[0] == "run" else answer
            return _keep(url, code, json.loads(answer))


def _keep(url: str, code: Path, answer: dict[str, Any]) -> Kept:
    [[migration]] = shop.rows_of(url, f"SELECT version_num FROM {VERSION_TABLE}")
    made = Kept(str(migration))
    with made.dump.open("xb") as file:
        file.write(lzma.compress(_dumped(url).encode()))
    command = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, cwd=code, capture_output=True, text=True, check=True)
    project = tomllib.loads((code / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    facts = {
        "commit": commit.stdout.strip(),
        "release": project["version"] if project["version"] in released(code) else None,
        "result_id": answer["result_id"],
        "numbers": numbers(answer),
    }
    made.told.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return made


def _dumped(url: str) -> str:
    """The database as SQL that any server we support can read, without psql."""
    address = make_url(url)
    done = subprocess.run(
        [programs(choose(None)) / "pg_dump", "--inserts", "--no-owner", "--no-privileges"],
        env=os.environ | {
            "PGHOST": address.host or "", "PGPORT": str(address.port),
            "PGUSER": address.username or "", "PGPASSWORD": address.password or "",
            "PGDATABASE": address.database or "",
        },
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = done.stdout.splitlines(keepends=True)
    return "".join(line for line in lines if not OF_THIS_SERVER.match(line))


def _typed(folder: Path, settings: dict[str, str], *words: str) -> str:
    """One command, by the code under PYTHONPATH."""
    done = subprocess.run(
        [sys.executable, "-m", "liftledger", *words],
        cwd=folder, env=os.environ | settings, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return done.stdout


if __name__ == "__main__":
    options = argparse.ArgumentParser(prog="python -m tests.ledgers", description=__doc__)
    options.add_argument("--code", type=Path, default=ROOT, help="the checkout whose ledger it is")
    sys.stdout.write(f"wrote {make(options.parse_args().code.resolve()).dump}\n")
