"""Ledgers as earlier releases left them: what was written then, and what was said of it then.

    MIGRATION.sql.xz    the whole database, as pg_dump wrote it, in the schema of that migration
    MIGRATION.json      the commit it was made by, the release that is (null: between two of them),
                        and the numbers that `liftledger run` printed

`python -m tests.ledgers` makes the one of the code at hand; CONTRIBUTING.md says when.
"""

import json
import lzma
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
STUDY = "shop"
NUMBERS = ("att", "variance", "standard_error", "df", "ci_low", "ci_high", "p_value")


@dataclass(frozen=True)
class Kept:
    """One ledger: its migration, and where its two files are."""

    migration: str

    @property
    def dump(self) -> Path:
        """The database, compressed."""
        return FOLDER / f"{self.migration}.sql.xz"

    @property
    def told(self) -> Path:
        """What was said of it when it was made."""
        return FOLDER / f"{self.migration}.json"

    def statements(self) -> str:
        """SQL that makes the database again."""
        return lzma.decompress(self.dump.read_bytes()).decode()

    def facts(self) -> dict[str, Any]:
        """What was said of it when it was made."""
        found = json.loads(self.told.read_text(encoding="utf-8"))
        assert isinstance(found, dict)
        return found


def kept() -> list[Kept]:
    """Every ledger there is, the oldest first."""
    return sorted(
        (Kept(path.name.partition(".")[0]) for path in FOLDER.glob("*.sql.xz")),
        key=lambda one: one.migration,
    )


def numbers(answer: dict[str, Any]) -> dict[str, float]:
    """Each number of a printed answer that every release has printed, by where it stands."""
    found: dict[str, float] = {}
    for estimate in answer["estimates"]:
        for part in (estimate, *estimate["variances"]):
            where = " ".join(filter(None, (estimate["estimator"], part.get("kind"))))
            found |= {f"{where} {name}": part[name] for name in NUMBERS if part.get(name)}
    return found


def released(code: Path) -> list[str]:
    """Versions with a date in the changelog of a checkout, the newest first."""
    page = code / "CHANGELOG.md"
    changes = page.read_text(encoding="utf-8") if page.exists() else ""  # the first code had none
    return re.findall(r"^## \[([^]]+)\] – \d{4}-\d\d-\d\d$", changes, re.MULTILINE)
