"""A mail server for tests: it listens, encrypts, asks for a password, and keeps what it takes.

It says what RFC 5321, 3207 and 4954 have a server say, and nothing more. `trouble` is asked at
each step whether to misbehave there.
"""

import base64
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path


@dataclass
class Mailbox:
    """What came in, and how. trouble: by command, what the server answers instead of ok"""

    port: int = 0
    letters: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)  # of clients that do not trust us
    trouble: dict[str, str] = field(default_factory=dict)
    taken: Callable[[], None] = lambda: None  # called when a letter was taken, before it is said


@contextmanager
def mail_server(certificate: Path | None = None) -> Iterator[Mailbox]:
    """A server on a free port of this machine, for as long as the block runs."""
    box = Mailbox()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            conversation = _Conversation(self, box, certificate)
            try:
                conversation.hold()
            except ssl.SSLError as error:
                box.refusals.append(error.reason)
            finally:
                conversation.stream.close()
                conversation.connection.close()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Session) as server:
        box.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield box
        server.shutdown()


class _Conversation:
    def __init__(
        self, session: socketserver.StreamRequestHandler, box: Mailbox, certificate: Path | None
    ) -> None:
        self.connection, self.box, self.certificate = session.connection, box, certificate
        self.stream = session.connection.makefile("rwb", buffering=0)
        self.encrypted = False

    def say(self, line: str) -> None:
        self.stream.write(line.encode() + b"\r\n")

    def hold(self) -> None:
        self.say(self.box.trouble.get("CONNECT", "220 tests"))
        while line := self.stream.readline():
            word, _, rest = line.decode().strip().partition(" ")
            word = word.upper()
            if word in self.box.trouble:
                self.say(self.box.trouble[word])
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                getattr(self, f"_{word.lower()}", self._other)(rest)

    def _ehlo(self, _: str) -> None:
        offers = ["AUTH PLAIN"] if self.encrypted else ["STARTTLS"] if self.certificate else []
        for line in ("tests", *offers):
            self.say(f"250-{line}")
        self.say("250 SIZE 1000000")

    def _starttls(self, _: str) -> None:
        assert self.certificate is not None
        self.say("220 go")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.stream = self.connection.makefile("rwb", buffering=0)
        self.encrypted = True

    def _auth(self, rest: str) -> None:
        _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
        self.box.logins.append((user, password))
        self.say("235 welcome" if password == "right" else f"535 no, {password} is wrong")

    def _rcpt(self, rest: str) -> None:
        address = rest.partition("<")[2].partition(">")[0]
        if address.startswith("nobody"):
            self.say("550 no such person")
        else:
            self.box.recipients.append(address)
            self.say("250 ok")

    def _data(self, _: str) -> None:
        self.say("354 go on")
        content = b""
        while (line := self.stream.readline()) != b".\r\n":
            content += line.removeprefix(b".")
        self.box.letters.append(message_from_bytes(content))
        self.box.encrypted.append(self.encrypted)
        self.box.taken()
        self.say("250 taken")

    def _other(self, _: str) -> None:
        self.say("250 ok")


def certificate(folder: Path) -> Path:
    """A certificate of this machine's own, with its key, in one file."""
    both = folder / "both.pem"
    key, own = folder / "key.pem", folder / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
         "-keyout", str(key), "-out", str(own)],
        check=True, capture_output=True,
    )  # fmt: skip
    both.write_text(key.read_text() + own.read_text())
    return both
