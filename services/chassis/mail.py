"""Mail: to an SMTP server when there is one, else to files that a person or a test can read."""

import os
import re
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import default
from email.utils import formatdate, parseaddr
from html import escape
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from services.chassis.settings import Settings

_TIMEOUT = 10
# In text that is escaped already, where quotation marks and angle brackets are gone.
_LINK = re.compile(r"https?://[^\s<>]+")


class Mailer:
    def __init__(self, settings: Settings) -> None:
        self._sender = settings.mail_from
        self._server = urlsplit(settings.smtp_url) if settings.smtp_url else None
        self._outbox = settings.state / "outbox"

    def send(self, message_id: str, to: str, subject: str, text: str) -> None:
        """Raises when the server does not take it. The id makes a repeat recognisable, so derive it from what caused the mail."""
        message = self._message(message_id, to, subject, text)
        if self._server is None:
            self._write(_safe(message_id), message)
        else:
            _deliver(self._server, message)

    def _message(self, message_id: str, to: str, subject: str, text: str) -> EmailMessage:
        # EmailMessage refuses line breaks in headers, which is what keeps anybody from adding headers of their own.
        message = EmailMessage(default.clone(utf8=not to.isascii()))
        message["From"], message["To"], message["Subject"] = self._sender, to, subject
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = f"<{_safe(message_id)}@{parseaddr(self._sender)[1].rpartition('@')[2] or 'localhost'}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        message.add_alternative(_html(text), subtype="html")
        return message

    def _write(self, name: str, message: EmailMessage) -> None:
        self._outbox.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._outbox / f"{name}.eml"
        # A reader never sees half a mail; the file holds a link that lets its reader in, so it is its owner's alone.
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        _write_private(unfinished, message.as_bytes())
        unfinished.replace(path)


def _write_private(path: Path, data: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)


def _deliver(server: SplitResult, message: EmailMessage) -> None:
    host, context = server.hostname or "localhost", ssl.create_default_context()
    connect = (
        smtplib.SMTP_SSL(host, server.port or 465, timeout=_TIMEOUT, context=context)
        if server.scheme == "smtps"
        else smtplib.SMTP(host, server.port or 587, timeout=_TIMEOUT)
    )
    with connect as smtp:
        smtp.ehlo_or_helo_if_needed()
        # With credentials STARTTLS is a must: a server that does not offer it fails here instead of hearing the password in clear.
        if server.scheme != "smtps" and (smtp.has_extn("starttls") or server.username):
            smtp.starttls(context=context)
        if server.username:
            smtp.login(unquote(server.username), unquote(server.password or ""))
        smtp.send_message(message)


def _html(text: str) -> str:
    """The same words for those who read mail as HTML: paragraphs, and links that can be followed. Nothing is fetched from anywhere."""
    paragraphs = [_LINK.sub(r'<a href="\g<0>">\g<0></a>', escape(part, quote=True)) for part in text.strip().split("\n\n")]
    body = "".join(f"<p>{part}</p>\n" for part in paragraphs)
    return f'<!doctype html>\n<html><head><meta charset="utf-8"></head><body style="font: 16px/1.5 sans-serif">\n{body}</body></html>\n'


def _safe(message_id: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "-" for letter in message_id)
