"""Mail to an SMTP server."""

import smtplib
import socketserver
import ssl
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from services.chassis.mail import Mailer
from services.chassis.settings import Settings
from tests.servers import serving


class Smtp(socketserver.StreamRequestHandler):
    """As little of RFC 5321 as a client needs; without STARTTLS."""

    offers = b"250-here\r\n250 AUTH PLAIN\r\n"

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        self.converse()

    def converse(self) -> None:
        for line in self.rfile:
            self.server.heard.append(line.strip())
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while (data := self.rfile.readline().strip()) != b".":
                    self.server.heard.append(data)
            if verb == b"STAR":
                return self.secured()
            self.wfile.write({b"QUIT": b"221 bye\r\n", b"EHLO": self.offers, b"AUTH": b"235 come in\r\n"}.get(verb, b"250 fine\r\n"))

    def secured(self) -> None:
        raise NotImplementedError


class StartTls(Smtp):
    offers = b"250-here\r\n250 STARTTLS\r\n"

    def secured(self) -> None:
        self.wfile.write(b"220 go ahead\r\n")
        self.server.heard.append(b"-- TLS")
        # Logging in is offered from here on only.
        self.offers = Smtp.offers
        self.upgrade()
        self.converse()

    def upgrade(self) -> None:
        try:
            secure = self.server.tls.wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, OSError):
            # Whoever does not trust the certificate has hung up.
            self.rfile, self.wfile = BytesIO(), BytesIO()
            return
        self.rfile, self.wfile = secure.makefile("rb"), secure.makefile("wb", 0)


class Smtps(StartTls):
    offers = Smtp.offers

    def handle(self) -> None:
        self.upgrade()
        self.server.heard.append(b"-- TLS")
        super().handle()


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[socketserver.ThreadingTCPServer]:
    found = socketserver.ThreadingTCPServer(("127.0.0.1", 0), getattr(request, "param", Smtp))
    found.daemon_threads, found.heard = True, []
    with serving(found):
        yield found


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, by itself, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now, hour = datetime.now(UTC), timedelta(hours=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - hour, now + hour)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "mail.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return path


@pytest.fixture
def tls(server: socketserver.ThreadingTCPServer, certificate: Path) -> None:
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.tls.load_cert_chain(certificate)


def url(server: socketserver.ThreadingTCPServer, credentials: str = "") -> str:
    return f"smtp://{credentials}127.0.0.1:{server.server_address[1]}"


def send(smtp_url: str) -> None:
    Mailer(Settings(smtp_url=smtp_url)).send("identity:7", "ada@example.org", "Welcome", "the text")


def test_a_mail_reaches_the_server(server):
    send(url(server))

    assert b"rcpt TO:<ada@example.org>" in server.heard
    assert b"the text" in server.heard


def test_credentials_are_not_sent_in_clear(server):
    with pytest.raises(smtplib.SMTPNotSupportedError):
        send(url(server, "me:secret@"))

    assert not [line for line in server.heard if line.upper().startswith((b"AUTH", b"RCPT"))]


@pytest.mark.parametrize(("server", "scheme"), [(StartTls, "smtp"), (Smtps, "smtps")], indirect=["server"], ids=["STARTTLS", "TLS"])
def test_credentials_and_mail_travel_encrypted(server, tls, scheme, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    send(url(server, "me:secret@").replace("smtp", scheme))

    secured = server.heard.index(b"-- TLS")
    said = server.heard[secured:]
    assert any(line.startswith(b"AUTH PLAIN " + b64encode(b"\0me\0secret")) for line in said)
    assert b"the text" in said
    assert all(line.lower().startswith((b"ehlo", b"starttls")) for line in server.heard[:secured])


@pytest.mark.parametrize(("server", "scheme"), [(StartTls, "smtp"), (Smtps, "smtps")], indirect=["server"], ids=["STARTTLS", "TLS"])
def test_a_server_that_nobody_vouches_for_gets_nothing(server, tls, scheme):
    with pytest.raises(ssl.SSLCertVerificationError):
        send(url(server, "me:secret@").replace("smtp", scheme))

    assert not [line for line in server.heard if line.upper().startswith((b"AUTH", b"RCPT"))]


def test_a_server_that_is_away_is_an_error(server):
    gone = url(server)
    server.shutdown()
    server.server_close()

    with pytest.raises(OSError, match="refused"):
        send(gone)
