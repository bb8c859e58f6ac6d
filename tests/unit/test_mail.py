"""Mail without a server: files in the outbox."""

import email
import stat
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from services.chassis.mail import Mailer
from services.chassis.settings import Settings


def mailer(state: Path, **settings: str) -> Mailer:
    return Mailer(Settings(state=state, **settings))


def only_mail(state: Path) -> EmailMessage:
    (path,) = (state / "outbox").iterdir()
    assert path.suffix == ".eml"
    return email.message_from_bytes(path.read_bytes(), policy=default)


def test_a_mail_lies_in_the_outbox_for_its_owner_alone(tmp_path):
    mailer(tmp_path, mail_from="Gatehouse <door@example.org>").send("identity:7", "ada@example.org", "Welcome", "Grüße\n")

    mail = only_mail(tmp_path)
    assert (mail["From"], mail["To"], mail["Subject"]) == ("Gatehouse <door@example.org>", "ada@example.org", "Welcome")
    assert mail["Message-ID"] == "<identity-7@example.org>"
    assert mail.get_body(("plain",)).get_content() == "Grüße\n"
    assert stat.S_IMODE((tmp_path / "outbox" / "identity-7.eml").stat().st_mode) == 0o600


def test_a_repeat_is_the_same_mail(tmp_path):
    for text in ("first", "second"):
        mailer(tmp_path).send("identity:7", "ada@example.org", "Welcome", text)

    assert only_mail(tmp_path).get_body(("plain",)).get_content() == "second\n"


@pytest.mark.parametrize("header", ["to", "subject"])
def test_nobody_adds_headers_of_their_own(tmp_path, header):
    values = {"to": "ada@example.org", "subject": "Welcome"}
    values[header] += "\r\nBcc: eve@example.org"

    with pytest.raises(ValueError, match="linefeed or carriage return"):
        mailer(tmp_path).send("identity:7", text="x", **values)

    assert not (tmp_path / "outbox").exists()


def test_an_id_cannot_lead_out_of_the_outbox(tmp_path):
    mailer(tmp_path).send("../../x", "ada@example.org", "Welcome", "x")

    assert [path.name for path in (tmp_path / "outbox").iterdir()] == ["..-..-x.eml"]


def test_an_international_mailbox_keeps_its_name(tmp_path):
    mailer(tmp_path).send("identity:7", "zoë@example.org", "Welcome", "x")

    assert "To: zoë@example.org\n".encode() in (tmp_path / "outbox" / "identity-7.eml").read_bytes()


def test_a_subject_and_a_sender_in_any_script_arrive_as_they_are(tmp_path):
    mailer(tmp_path, mail_from="Türsteher <door@example.org>").send("identity:7", "ada@example.org", "Join Zürich 東京", "x")

    assert (tmp_path / "outbox" / "identity-7.eml").read_bytes().isascii()
    mail = only_mail(tmp_path)
    assert (mail["From"], mail["Subject"]) == ("Türsteher <door@example.org>", "Join Zürich 東京")


def test_the_same_words_are_there_as_html_with_links_and_nothing_taken_for_markup(tmp_path):
    text = 'Join "<script>alert(1)</script>" & more:\n\nhttps://gatehouse.example/invitations/gi_x?a=1&b="2\n'
    mailer(tmp_path).send("identity:7", "ada@example.org", "Welcome", text)

    plain, html = only_mail(tmp_path).iter_parts()
    assert (plain.get_content_type(), plain.get_content()) == ("text/plain", text)
    assert html.get_content_type() == "text/html"
    shown = html.get_content()
    assert "<script" not in shown
    assert '<a href="https://gatehouse.example/invitations/gi_x?a=1&amp;b=&quot;2">' in shown
    assert "src=" not in shown
