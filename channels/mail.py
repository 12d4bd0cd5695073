"""E-mail over SMTP.

The Message-ID is made of the message's id, so a repeat is seen as one. A server that was reached
and accepted nothing is an error; addresses that it refused beside others it took are named.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from channels.message import Message, NotDelivered
from channels.settings import EmailSettings

PATIENCE = 20.0  # seconds for each answer of the server


def send(message: Message, settings: EmailSettings) -> str:
    """Hand the message to the mail server; what came of it, in words. Raises NotDelivered."""
    addresses = [parseaddr(one)[1] for one in settings.recipients]
    with _connected(settings) as server:
        refused = server.send_message(
            _letter(message, settings), parseaddr(settings.sender)[1], addresses
        )
    taken = f"accepted for {len(addresses) - len(refused)} of {len(addresses)}"
    return taken + (f"; refused: {', '.join(sorted(refused))}" if refused else "")


def reachable(settings: EmailSettings) -> str:
    """Connect, encrypt and log in, as `send` does, and send nothing. Raises NotDelivered."""
    with _connected(settings) as server:
        code, _ = server.noop()
    return f"answers ({code})"


@contextmanager
def _connected(settings: EmailSettings) -> Iterator[smtplib.SMTP]:
    """A session with the mail server, encrypted and logged in as configured."""
    context = ssl.create_default_context()
    where = f"{settings.host}:{settings.port}"
    try:
        if settings.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=PATIENCE, context=context
            )
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=PATIENCE)
        with server:
            if settings.security == "starttls":
                server.starttls(context=context)
            if settings.user and settings.password:
                server.login(settings.user, settings.password)
            yield server
    except smtplib.SMTPAuthenticationError as error:
        # what the server says next may repeat what it was told
        raise NotDelivered(
            f"{where} does not accept user and password ({error.smtp_code})"
        ) from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _ in error.recipients.values()})
        raise NotDelivered(f"{where} refused every address ({codes})") from error
    except smtplib.SMTPResponseException as error:
        said = (
            error.smtp_error
            if isinstance(error.smtp_error, str)
            else error.smtp_error.decode(errors="replace")
        )
        raise NotDelivered(f"{where} answered {error.smtp_code} {said}") from error
    except (smtplib.SMTPException, ssl.SSLError, socket.gaierror, OSError) as error:
        raise NotDelivered(f"{where}: {str(error) or type(error).__name__}") from error


def _letter(message: Message, settings: EmailSettings) -> EmailMessage:
    letter = EmailMessage()
    letter["Subject"] = " ".join(message.subject.split())  # a line break would begin a header
    letter["From"] = settings.sender
    letter["To"] = ", ".join(settings.recipients)
    letter["Date"] = format_datetime(message.occurred)
    letter["Message-ID"] = f"<{message.id}@liftledger>"
    letter["Auto-Submitted"] = "auto-generated"  # no machine answers it (RFC 3834)
    letter.set_content(message.text)
    return letter
