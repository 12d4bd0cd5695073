"""What the checks found: for people, for the database, and as a reason to stop."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from checks.errors import ChecksFailed
from checks.rule import Severity


@dataclass(frozen=True)
class Check:
    """One promise about the data, and whether it held.

    count: offending rows (cells, units, periods or points, as the message says); 0 when it held
    examples: the first few of them, by label
    message: one line: where, how many, what was needed, what to do
    """

    name: str
    severity: Severity
    passed: bool
    count: int
    examples: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class Report:
    """All checks of one panel for one plan.

    passed: no check that stops an analysis failed; warnings do not count
    json: the above plus the complete Great Expectations result, ready for json.dumps
    """

    passed: bool
    checks: tuple[Check, ...]
    json: Mapping[str, Any] = field(repr=False)

    @property
    def stops(self) -> tuple[Check, ...]:
        """The failed checks that stop the analysis."""
        return tuple(c for c in self.checks if c.severity == "stop" and not c.passed)

    @property
    def warnings(self) -> tuple[Check, ...]:
        """The failed checks that only warn."""
        return tuple(c for c in self.checks if c.severity == "warn" and not c.passed)

    def raise_for_stop(self, of: str = "") -> None:
        """Raise ChecksFailed, one line per failed check that stops, if there is one.

        of: the panel, where it is not the study's own
        """
        where = f"{of}, " if of else ""
        if self.stops:
            raise ChecksFailed(f"{where}{check.name}: {check.message}" for check in self.stops)
