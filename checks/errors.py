"""What stops an analysis before any estimator sees the data."""

from collections.abc import Iterable


class ChecksFailed(Exception):
    """The data do not hold what the study needs: one line per check that stopped it.

    lines: those lines; each names the check, how many, the first few by label, and what to do
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))
