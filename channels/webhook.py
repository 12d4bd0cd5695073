"""A signed HTTP POST.

    signature = base64(HMAC-SHA256(secret, id "." timestamp "." body))

Source: Standard Webhooks (https://www.standardwebhooks.com), headers webhook-id, webhook-timestamp
and webhook-signature. The id is the message's own at each attempt, so the receiver can drop a
repeat; the timestamp is the attempt's, so that an old request cannot be played again. Redirects
are not followed: a signed message goes where the settings say.
"""

import base64
import hmac
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import IO
from urllib.parse import urlsplit

from channels.message import Message, NotDelivered
from channels.settings import WebhookSettings

PATIENCE = 20.0  # seconds for an answer
GONE = 410  # the receiver wants nothing more, says the specification


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        return None  # the redirect becomes the answer, which is not 2xx


def send(message: Message, settings: WebhookSettings) -> str:
    """Post the message; what the receiver answered. Raises NotDelivered."""
    body = body_of(message)
    identity, timestamp = str(message.id), int(time.time())
    headers = {
        "content-type": "application/json",
        "user-agent": "liftledger",
        "webhook-id": identity,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures(settings.secrets, identity, timestamp, body),
    }
    request = urllib.request.Request(settings.url, body, headers, method="POST")  # noqa: S310
    where = settings.place
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=PATIENCE) as answer:
            return f"{answer.status} {answer.reason}"
    except urllib.error.HTTPError as error:
        with error:
            raise NotDelivered(
                f"{where} answered {error.code} {error.reason}", final=error.code == GONE
            ) from None  # the request in the cause holds the address
    except urllib.error.URLError as error:
        raise NotDelivered(f"{where}: {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:
        raise NotDelivered(f"{where}: {str(error) or type(error).__name__}") from None


def reachable(settings: WebhookSettings) -> str:
    """Connect to the receiver, encrypted as its address says, and send nothing.

    Raises NotDelivered.
    """
    parts = urlsplit(settings.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=PATIENCE)
    try:
        connection.connect()
    except OSError as error:
        raise NotDelivered(f"{settings.place}: {error}") from None
    finally:
        connection.close()
    return "can be reached"


def body_of(message: Message) -> bytes:
    """The message as JSON, to the byte as it is signed."""
    content = {
        "type": f"liftledger.alert.{message.kind}",
        "timestamp": message.occurred.isoformat(),
        "data": {"subject": message.subject, "text": message.text, **message.facts},
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def signatures(secrets: Sequence[bytes], identity: str, timestamp: int, body: bytes) -> str:
    """The header: one signature for each secret, blanks between."""
    signed = f"{identity}.{timestamp}.".encode() + body
    made = (base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in secrets)
    return " ".join(f"v1,{one}" for one in made)
