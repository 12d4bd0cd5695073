"""A message to send."""

from datetime import UTC, datetime
from uuid import UUID

from channels.message import Message

MESSAGE = Message(
    id=UUID("12345678-1234-5678-1234-567812345678"),
    kind="data_late",
    subject="Liftledger: Café\nBcc: eve@example.org: data late",
    text="2 of 60 stores have no row for 2024-W09.\n.\nNorth – 北\n",
    facts={"alert": 7, "about": "Café"},
    occurred=datetime(2026, 11, 28, 4, 0, tzinfo=UTC),
)
