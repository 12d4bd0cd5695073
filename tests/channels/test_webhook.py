"""Webhooks, to a real receiver on this machine; signatures as the specification has them."""

import base64
import hashlib
import hmac
import json
import socket
import time

import pytest

from channels import webhook
from channels.message import NotDelivered
from channels.settings import WebhookSettings, webhook_settings
from tests.channels.messages import MESSAGE
from tests.channels.receiver import receiver

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def settings(url: str, secret: str = SECRET) -> WebhookSettings:
    found = webhook_settings({"LIFTLEDGER_WEBHOOK_URL": url, "LIFTLEDGER_WEBHOOK_SECRET": secret})
    assert found is not None
    return found


def trusted(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """What a receiver does, in the words of the specification: the slow twin."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = b".".join(
        [headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body]
    )
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    given = [one.removeprefix("v1,") for one in headers["webhook-signature"].split()]
    return abs(time.time() - int(headers["webhook-timestamp"])) < 300 and expected in given


def test_the_signature_is_that_of_the_published_example() -> None:
    """Source: the example that the libraries of Standard Webhooks are tested on."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    identity, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
    signed = webhook.signatures([key], identity, 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_message_arrives_signed_and_a_repeat_has_its_id() -> None:
    with receiver() as box:
        assert webhook.send(MESSAGE, settings(box.url)) == "204 No Content"
        webhook.send(MESSAGE, settings(box.url))
    headers, body = box.requests[0]
    assert trusted(headers, body, SECRET)
    assert not trusted(headers, body + b" ", SECRET)
    assert not trusted(headers | {"webhook-id": "other"}, body, SECRET)
    assert box.ids == [str(MESSAGE.id)] * 2
    content = json.loads(body)
    assert content["type"] == "liftledger.alert.data_late"
    assert content["timestamp"] == "2026-11-28T04:00:00+00:00"
    assert content["data"] == {"subject": MESSAGE.subject, "text": MESSAGE.text, **MESSAGE.facts}


def test_while_a_secret_is_changed_both_sign() -> None:
    other = "whsec_" + base64.b64encode(b"n" * 24).decode()
    with receiver() as box:
        webhook.send(MESSAGE, settings(box.url, f"{SECRET} {other}"))
    headers, body = box.requests[0]
    assert trusted(headers, body, SECRET)
    assert trusted(headers, body, other)


@pytest.mark.parametrize(("status", "final"), [(500, False), (404, False), (410, True)])
def test_an_answer_other_than_2xx_is_none(status: int, final: bool) -> None:
    with receiver() as box:
        box.answers = [status]
        with pytest.raises(NotDelivered, match=f"answered {status}") as refused:
            webhook.send(MESSAGE, settings(box.url))
    assert refused.value.final == final
    assert "very-secret-path" not in str(refused.value)


def test_a_redirect_is_not_followed() -> None:
    with receiver() as box:
        box.answers = [307]
        with pytest.raises(NotDelivered, match="answered 307"):
            webhook.send(MESSAGE, settings(box.url))
    assert len(box.requests) == 1


def test_a_receiver_that_is_not_there_or_hangs_up_is_said_without_its_path() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotDelivered, match="refused") as refused:
        webhook.send(MESSAGE, settings(f"http://127.0.0.1:{port}/very-secret-path"))
    assert "very-secret-path" not in str(refused.value)
    with receiver() as box:
        box.hang_up = True
        with pytest.raises(NotDelivered, match="closed connection without response"):
            webhook.send(MESSAGE, settings(box.url))
