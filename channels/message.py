"""What is sent, over whichever channel, and what it means that it could not be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Message:
    """One message. The same one has the same id at every attempt, so a repeat can be dropped.

    kind: data_late, effect_harmful, ...; the type a program tells messages apart by
    subject, text: for people    facts: for programs, JSON-able    occurred: when it came up
    """

    id: UUID
    kind: str
    subject: str
    text: str
    facts: Mapping[str, Any]
    occurred: datetime


class NotDelivered(Exception):
    """The other side did not take it; the message says why and holds no secret.

    final: it said that it never will
    """

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


class Misconfigured(Exception):
    """A variable of the environment that cannot be used; the message names it, not its value."""
