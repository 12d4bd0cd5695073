"""`liftledger doctor`: every examination, whatever the others found."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from liftledger import examinations, reachability
from liftledger.examinations import Finding
from storage.errors import StorageError

STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


@dataclass(frozen=True)
class Findings:
    """All findings, in the order examined."""

    all: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        """Whether anything is broken; warnings do not count."""
        return any(one.state == "fail" for one in self.all)

    @property
    def facts(self) -> dict[str, Any]:
        """For `--json`."""
        return {"healthy": not self.failed, "findings": [asdict(one) for one in self.all]}

    @property
    def text(self) -> RenderableType:
        """For people: one line per finding, below it how to mend it."""
        table = Table.grid(padding=(0, 2))
        table.add_column()
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for one in self.all:
            found = Text(one.found)
            if one.mend:
                found.append(f"\n→ {one.mend}", style=STYLES[one.state])
            table.add_row(Text(one.state, style=STYLES[one.state]), Text(one.name), found)
        wrong = sum(one.state == "fail" for one in self.all)
        last = f"{wrong} to mend" if wrong else "nothing to mend"
        return Group(table, Text(f"\n{last}", style="bold"))


def examine() -> Findings:
    """Look at everything."""
    found: list[Finding] = []
    for examination in (
        examinations.python,
        examinations.packages,
        examinations.home,
        examinations.disk,
        examinations.clock,
        examinations.telemetry,
        examinations.threads,
        examinations.orchestrator,
        examinations.programs,
    ):
        found += _made(examination.__name__, lambda one=examination: [one()])  # type: ignore[misc]
    found += _made("alerts", reachability.channels)
    found += _made("database", examinations.ledger)
    return Findings(tuple(found))


def _made(name: str, examination: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """The findings of one examination; that it cannot be made is a finding too."""
    found: list[Finding] = []
    try:
        found.extend(examination())
    except StorageError as error:
        text, _, mend = str(error).rpartition("; ")
        found.append(Finding(name, "fail", text or mend, mend if text else ""))
    except (ImportError, OSError) as error:
        reason = f"cannot be examined: {type(error).__name__}: {error}"
        found.append(Finding(name, "fail", reason, "pip install -r requirements.lock"))
    return found
