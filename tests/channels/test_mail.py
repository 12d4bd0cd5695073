"""E-mail, to a real server on this machine."""

import socket
from dataclasses import replace
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from channels import mail
from channels.message import NotDelivered
from channels.settings import EmailSettings
from tests.channels.mail_server import Mailbox, certificate, mail_server
from tests.channels.messages import MESSAGE


def settings(box: Mailbox, **changed: object) -> EmailSettings:
    plain = EmailSettings(
        "127.0.0.1", box.port, "none", "Liftledger <lift@example.org>", ("Ada <ada@example.org>",)
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


def test_a_letter_arrives_as_it_was_written_and_no_line_break_makes_a_header() -> None:
    with mail_server() as box:
        two = settings(box, recipients=("Ada <ada@example.org>", "bob@example.org"))
        assert mail.send(MESSAGE, two) == "accepted for 2 of 2"
        mail.send(MESSAGE, two)
    first, again = box.letters
    assert str(make_header(decode_header(first["subject"]))) == " ".join(MESSAGE.subject.split())
    assert first["bcc"] is None
    content = first.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().replace("\r\n", "\n") == MESSAGE.text
    assert first["message-id"] == again["message-id"] == f"<{MESSAGE.id}@liftledger>"
    assert first["to"] == "Ada <ada@example.org>, bob@example.org"
    assert box.recipients == ["ada@example.org", "bob@example.org"] * 2


def test_with_starttls_the_password_travels_encrypted_and_the_certificate_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = certificate(tmp_path)
    with mail_server(own) as box:
        secure = settings(box, security="starttls", user="lift", password="right")
        with pytest.raises(NotDelivered, match="certificate verify failed"):
            mail.send(MESSAGE, secure)
        assert (box.logins, box.letters) == ([], [])
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
        mail.send(MESSAGE, secure)
        assert mail.reachable(secure) == "answers (250)"
        assert (box.logins[0], box.encrypted) == (("lift", "right"), [True])
        with pytest.raises(NotDelivered) as refused:
            mail.send(MESSAGE, replace(secure, password="wr0ng"))
    assert "does not accept user and password (535)" in str(refused.value)
    assert "wr0ng" not in str(refused.value) + repr(secure) + str(refused.value.__cause__)


def test_a_server_without_encryption_is_sent_nothing_when_it_is_asked_for() -> None:
    with mail_server() as box:
        with pytest.raises(NotDelivered, match="STARTTLS extension not supported"):
            mail.send(MESSAGE, settings(box, security="starttls", user="lift", password="right"))
        assert (box.logins, box.letters) == ([], [])


def test_who_was_refused_beside_others_is_named_and_nobody_at_all_is_an_error() -> None:
    with mail_server() as box:
        some = settings(box, recipients=("ada@example.org", "nobody@example.org"))
        assert mail.send(MESSAGE, some) == "accepted for 1 of 2; refused: nobody@example.org"
        with pytest.raises(NotDelivered, match=r"refused every address \(\[550\]\)"):
            mail.send(MESSAGE, settings(box, recipients=("nobody@example.org",)))


@pytest.mark.parametrize(
    ("command", "answer"),
    [("CONNECT", "421 busy"), ("MAIL", "451 try later"), ("DATA", "452 no room")],
)
def test_a_server_in_trouble_is_quoted(command: str, answer: str) -> None:
    with mail_server() as box:
        box.trouble[command] = answer
        with pytest.raises(NotDelivered, match=f"127.0.0.1:{box.port} answered {answer}"):
            mail.send(MESSAGE, settings(box))
        assert box.letters == []


def test_a_server_that_is_not_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotDelivered, match=f"127.0.0.1:{port}: .*refused"):
        mail.send(MESSAGE, settings(Mailbox(port=port)))
