"""E-mail over SMTP (RFC 5321): TLS where the address says smtps or the server offers it, never a password without it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

import aiosmtplib

from gateway.messages.model import AddressUnusable, CarrierSilent, Message

TIMEOUT_SECONDS = 20
SMTPS, SUBMISSION = 465, 587


def send(url: str, sender: str, message: Message, now: datetime) -> None:
    """Hand one message to the server. AddressUnusable when it will never take it, CarrierSilent when not now."""
    parts = urlsplit(url)
    tls = parts.scheme == "smtps"
    try:
        asyncio.run(
            aiosmtplib.send(
                _letter(sender, message, now),
                hostname=parts.hostname or "localhost",
                port=parts.port or (SMTPS if tls else SUBMISSION),
                username=unquote(parts.username) if parts.username else None,
                password=unquote(parts.password) if parts.password else None,
                use_tls=tls,
                start_tls=True if parts.username and not tls else None,
                timeout=TIMEOUT_SECONDS,
            )
        )
    except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPDataError, aiosmtplib.SMTPSenderRefused) as error:
        raise _judged(error) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _silent(type(error).__name__) from None
    except ValueError:  # an address the library itself cannot write
        raise _unusable() from None


def _letter(sender: str, message: Message, now: datetime) -> EmailMessage:
    """The id stays the same however often it is sent, so that a repeat is known as one."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, message.to, message.subject
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2].rstrip('>') or 'thuphi'}>"
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834
    letter.set_content(message.text)
    return letter


def _judged(error: aiosmtplib.SMTPException) -> AddressUnusable | CarrierSilent:
    """5xx is for ever, 4xx is for now (RFC 5321, 4.2.1)."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [one.code for one in error.recipients]
    else:
        codes = [getattr(error, "code", 0)]
    return _unusable() if codes and all(500 <= code < 600 for code in codes) else _silent(type(error).__name__)


def _unusable() -> AddressUnusable:
    return AddressUnusable("Địa chỉ thư không nhận được.", "The address takes no mail.")


def _silent(what: str) -> CarrierSilent:
    return CarrierSilent("Máy chủ thư không nhận lúc này.", f"The mail server does not take it now: {what}.")
