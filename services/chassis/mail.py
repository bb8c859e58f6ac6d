"""Mail: to an SMTP server when there is one, else to files that a person or a test can read."""

import os
import re
import smtplib
import ssl
from base64 import encodebytes
from binascii import b2a_qp
from email.header import Header
from email.utils import formataddr, formatdate, parseaddr
from html import escape
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from services.chassis.settings import Settings

_TIMEOUT = 10
# In text that is escaped already, where quotation marks and angle brackets are gone.
_LINK = re.compile(r"https?://[^\s<>]+")
# Both texts are quoted-printable, in which ``=_`` cannot occur, so the boundary never does either. Written out, because
# email.message.EmailMessage takes some sixty times as long to come to the same.
_WORDS = """\
Content-Type: multipart/alternative; boundary="=_words"

--=_words
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

{text}
--=_words
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

{html}
--=_words--
"""

_WITH_FILE = """\
Content-Type: multipart/mixed; boundary="=_parts"

--=_parts
{words}
--=_parts
Content-Type: {type}; name="{name}"
Content-Disposition: attachment; filename="{name}"
Content-Transfer-Encoding: base64

{data}
--=_parts--
"""

# A file's name, its media type and what is in it.
Attachment = tuple[str, str, bytes]


class Mailer:
    def __init__(self, settings: Settings) -> None:
        name, self._sender = parseaddr(settings.mail_from)
        self._from = settings.mail_from if settings.mail_from.isascii() else formataddr((name, self._sender))
        self._domain = self._sender.rpartition("@")[2] or "localhost"
        self._server = urlsplit(settings.smtp_url) if settings.smtp_url else None
        self._outbox = settings.state / "outbox"

    def send(self, message_id: str, to: str, subject: str, text: str, attached: Attachment | None = None) -> None:
        """Raises when the server does not take it. The id makes a repeat recognisable, so derive it from what caused the mail."""
        mail = self._composed(message_id, to, subject, _parts(text, attached))
        if self._server is None:
            self._write(_safe(message_id), mail)
        else:
            _deliver(self._server, self._sender, to, mail)

    def _composed(self, message_id: str, to: str, subject: str, parts: str) -> bytes:
        headers = {
            "From": self._from,
            "To": to,
            "Subject": subject if subject.isascii() else Header(subject, "utf-8", header_name="Subject").encode(),
            "Date": formatdate(usegmt=True),
            "Message-ID": f"<{_safe(message_id)}@{self._domain}>",
        }
        # Or anybody could add headers of their own.
        if any(mark in value for value in (self._from, to, subject) for mark in "\r\n"):
            raise ValueError("a header must not hold a linefeed or carriage return")
        lines = "\n".join(f"{name}: {value}" for name, value in headers.items())
        return f"{lines}\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n{parts}".encode()

    def _write(self, name: str, mail: bytes) -> None:
        self._outbox.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._outbox / f"{name}.eml"
        # A reader never sees half a mail; the file holds a link that lets its reader in, so it is its owner's alone.
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        _write_private(unfinished, mail)
        unfinished.replace(path)


def _parts(text: str, attached: Attachment | None) -> str:
    words = _WORDS.format(text=_quoted(text), html=_quoted(_html(text)))
    if attached is None:
        return words
    name, type, data = attached
    return _WITH_FILE.format(words=words, name=_safe(name), type=type, data=encodebytes(data).decode())


def _write_private(path: Path, data: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)


def _deliver(server: SplitResult, sender: str, to: str, mail: bytes) -> None:
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
        smtp.sendmail(sender, [to], mail.replace(b"\n", b"\r\n"), () if to.isascii() else ("SMTPUTF8", "BODY=8BITMIME"))


def _quoted(text: str) -> str:
    """Ends with one line break, whatever the text ends with."""
    return b2a_qp(f"{text.rstrip()}\n".encode()).decode()


def _html(text: str) -> str:
    """The same words for those who read mail as HTML: paragraphs, and links that can be followed. Nothing is fetched from anywhere."""
    paragraphs = [_LINK.sub(r'<a href="\g<0>">\g<0></a>', escape(part, quote=True)) for part in text.strip().split("\n\n")]
    body = "".join(f"<p>{part}</p>\n" for part in paragraphs)
    return f'<!doctype html>\n<html><head><meta charset="utf-8"></head><body style="font: 16px/1.5 sans-serif">\n{body}</body></html>\n'


def _safe(message_id: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "-" for letter in message_id)
