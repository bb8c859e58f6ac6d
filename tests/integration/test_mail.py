"""Mail to an SMTP server."""

import smtplib
import socketserver
import threading
from collections.abc import Iterator

import pytest

from services.chassis.mail import Mailer
from services.chassis.settings import Settings


class Smtp(socketserver.StreamRequestHandler):
    """As little of RFC 5321 as a client needs; without STARTTLS."""

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        for line in self.rfile:
            self.server.heard.append(line.strip())
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while (data := self.rfile.readline().strip()) != b".":
                    self.server.heard.append(data)
            self.wfile.write({b"QUIT": b"221 bye\r\n", b"EHLO": b"250-here\r\n250 AUTH PLAIN\r\n"}.get(verb, b"250 fine\r\n"))


@pytest.fixture
def server() -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Smtp) as found:
        found.daemon_threads, found.heard = True, []
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


def url(server: socketserver.ThreadingTCPServer, credentials: str = "") -> str:
    return f"smtp://{credentials}127.0.0.1:{server.server_address[1]}"


def test_a_mail_reaches_the_server(server):
    Mailer(Settings(smtp_url=url(server))).send("identity:7", "ada@example.org", "Welcome", "the text")

    assert b"rcpt TO:<ada@example.org>" in server.heard
    assert b"the text" in server.heard


def test_credentials_are_not_sent_in_clear(server):
    with pytest.raises(smtplib.SMTPNotSupportedError):
        Mailer(Settings(smtp_url=url(server, "me:secret@"))).send("identity:7", "ada@example.org", "Welcome", "the text")

    assert not [line for line in server.heard if line.upper().startswith((b"AUTH", b"RCPT"))]


def test_a_server_that_is_away_is_an_error(server):
    gone = url(server)
    server.shutdown()
    server.server_close()

    with pytest.raises(OSError, match="refused"):
        Mailer(Settings(smtp_url=gone)).send("identity:7", "ada@example.org", "Welcome", "the text")
