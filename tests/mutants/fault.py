"""One planted fault: a plausible mistake, where it goes, and which tests must notice it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A mistake that a competent programmer might make in one place.

    name: as an econometrician would call it
    file: from the root of the repository
    right, wrong: text that stands in the file exactly once, and what takes its place
    tests: files, or single tests, below tests/; at least one of them must fail
    lived: what has been done since it survived when it was first planted; empty if it did not
    same: why nothing can tell it from the original; empty for a real fault
    """

    name: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...]
    lived: str = ""
    same: str = ""

    def planted(self, source: str) -> str:
        """The source with the fault in it; ValueError unless the text stands there exactly once."""
        found = source.count(self.right)
        if found != 1:
            raise ValueError(f"{self.name}: {self.right!r} stands {found} times in {self.file}")
        return source.replace(self.right, self.wrong)
