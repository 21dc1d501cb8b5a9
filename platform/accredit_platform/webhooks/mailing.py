"""Sending mail by SMTP; the certificate of the server is always verified."""

import contextlib
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Final

from accredit_platform.settings import Settings

STEP_S: Final = 10.0
"""For each answer of the server; connecting and its greeting are two."""
WHOLE_S: Final = 30.0
"""For the whole conversation, however many steps it has; well within a claim of a delivery."""


def send_mail(settings: Settings, message: EmailMessage) -> dict[str, tuple[int, bytes]]:
    """Hand a mail to the server of the settings.

    Returns:
        Recipients that the server refused, with its words; not all of them.

    Raises:
        SMTPException, OSError: nobody got it, as far as is known. TimeoutError among them: the
            server was too slow; it may have taken the mail nevertheless.
    """
    ends = time.monotonic() + WHOLE_S
    host, port = settings.smtp_host or "", settings.smtp_port
    # What we call ourselves; left to the library, that is asked of the name service each time.
    name = settings.smtp_sender.rpartition("@")[2]
    context = ssl.create_default_context()
    with (
        (
            smtplib.SMTP_SSL(host, port, name, timeout=STEP_S, context=context)
            if settings.smtp_security == "tls"
            else smtplib.SMTP(host, port, name, timeout=STEP_S)
        ) as server,
        _until(ends, server),
    ):
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        if settings.smtp_user is not None:
            password = settings.smtp_password
            server.login(settings.smtp_user, password.get_secret_value() if password else "")
        return server.send_message(message)


@contextlib.contextmanager
def _until(ends: float, server: smtplib.SMTP) -> Iterator[None]:
    """Hang up on a server that takes longer: the library bounds each read, not all of them."""
    is_over = threading.Event()

    def hang_up() -> None:
        is_over.set()
        if server.sock is not None:
            with contextlib.suppress(OSError):
                # Beneath TLS: its own way to shut down would let the next words out in the clear.
                socket.socket.shutdown(server.sock, socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, ends - time.monotonic()), hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (smtplib.SMTPServerDisconnected, OSError) as failure:
        if is_over.is_set():
            raise TimeoutError(f"no mail in {WHOLE_S:g} s") from failure
        raise
    finally:
        timer.cancel()
