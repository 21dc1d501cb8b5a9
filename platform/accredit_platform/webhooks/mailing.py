"""Sending mail by SMTP; the certificate of the server is always verified."""

import smtplib
import ssl
from email.message import EmailMessage
from typing import Final

from accredit_platform.settings import Settings

TIMEOUT_S: Final = 15.0


def send_mail(settings: Settings, message: EmailMessage) -> dict[str, tuple[int, bytes]]:
    """Hand a mail to the server of the settings.

    Returns:
        Recipients that the server refused, with its words; not all of them.

    Raises:
        SMTPException, OSError: nobody got it.
    """
    host, port = settings.smtp_host or "", settings.smtp_port
    # What we call ourselves; left to the library, that is asked of the name service each time.
    name = settings.smtp_sender.rpartition("@")[2]
    context = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(host, port, name, timeout=TIMEOUT_S, context=context)
        if settings.smtp_security == "tls"
        else smtplib.SMTP(host, port, name, timeout=TIMEOUT_S)
    ) as server:
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        if settings.smtp_user is not None:
            password = settings.smtp_password
            server.login(settings.smtp_user, password.get_secret_value() if password else "")
        return server.send_message(message)
