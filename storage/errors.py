"""What can go wrong between us and the database, said so that a person can act on it.

Each message is one line, of a file's mistakes one line each: where, how many, what was needed, what
to do. None holds a password.
"""

from unicodedata import category

BREAKING = ("Cc", "Cf", "Cs", "Zl", "Zp")  # end a line, or steer whatever shows it


class StorageError(Exception):
    """Something about stored data; the kinds below say what."""

    def __init__(self, *lines: str) -> None:
        """Names that people gave may hold anything: what would break their line is shown as �."""
        super().__init__("\n".join(map(_unbroken, lines)))


def _unbroken(line: str) -> str:
    return "".join("�" if category(c) in BREAKING else c for c in line)


class DatabaseUnavailable(StorageError):
    """No database answers: it cannot be started, reached or logged in to."""


class NotInLedger(StorageError):
    """What was asked for by name or number is not there."""


class UnknownStudy(NotInLedger):
    """No study of that name is registered; the message lists those that are."""


class UnknownPromotion(StorageError):
    """No promotion of that name is in the calendar; the message lists those that are."""


class ReasonMissing(StorageError):
    """What is on record is changed, and nobody said why."""


class UnknownPanel(StorageError):
    """No panel and no relation of that name exists; the message lists what does."""


class UnknownResult(NotInLedger):
    """The study has no result, or not that version of it."""


class UnknownAlert(NotInLedger):
    """No alert has that number; the message lists those that are open."""


class InvalidAnchor(StorageError):
    """A key or an anchor that cannot be read, or used for what was asked."""


class InvalidSource(StorageError):
    """A relation or query that cannot be read as a panel: a column is missing or holds text."""


class InvalidFile(StorageError):
    """A file that cannot be read as a panel; the message gives the first lines at fault."""
