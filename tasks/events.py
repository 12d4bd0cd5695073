"""Alerts as events of Prefect, to which its automations react.

    event       liftledger.alert.KIND        expect: ["liftledger.alert.data_late"]
    resource    liftledger.alert.NUMBER      match: {prefect.resource.id: liftledger.alert.*}
                with liftledger.kind and liftledger.subject, to match on as well
    related     liftledger.subject.SUBJECT, in the role "subject"
    payload     the facts of the alert, as a webhook's `data`

Prefect's `emit_event` puts an event into a queue and does not say whether a server took it. Here
the same client waits for the server's answer, so that "delivered" is true.
"""

import os

from prefect.events import Event
from prefect.events.clients import get_events_client
from prefect.settings import PREFECT_API_URL
from prefect.utilities.asyncutils import run_coro_as_sync

from channels.message import Message, NotDelivered

EVENT = "event"
PRIVATE = "LIFTLEDGER_PRIVATE_SERVER"  # set where the server serves one run and forgets it


def is_watched() -> bool:
    """Whether the server at hand is one that somebody's automations may listen to."""
    return PREFECT_API_URL.value() is not None and not os.environ.get(PRIVATE)


def emit(message: Message) -> str:
    """Hand the event to Prefect's server and wait until it has it. Raises NotDelivered."""
    try:
        run_coro_as_sync(_emitted(event_of(message)))
    except Exception as error:
        raise NotDelivered(f"Prefect's server does not take events: {error}") from error
    return "taken by Prefect's server"


def event_of(message: Message) -> Event:
    """The message as an event. Its id is the message's, by which Prefect drops a repeat."""
    facts = message.facts
    subject = {"prefect.resource.role": "subject"}
    return Event.model_validate(  # which makes a time of Prefect's own type of ours
        {
            "id": message.id,
            "event": f"liftledger.alert.{message.kind}",
            "occurred": message.occurred,
            "resource": {
                "prefect.resource.id": f"liftledger.alert.{facts['alert']}",
                "prefect.resource.name": message.subject,
                "liftledger.kind": message.kind,
                "liftledger.subject": str(facts["about"]),
            },
            "related": [{"prefect.resource.id": f"liftledger.subject.{facts['about']}", **subject}],
            "payload": {**facts, "text": message.text},
        }
    )


async def _emitted(event: Event) -> None:
    async with get_events_client(reconnection_attempts=1, checkpoint_every=1) as client:
        await client.emit(event)
