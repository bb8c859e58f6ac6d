"""Sinks without a network: what the file may say, what is written, and where nothing goes."""

import ssl
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.formats import LINES
from services.audit.sinks import config
from services.audit.sinks.files import FileTarget
from services.audit.sinks.https import signature
from services.audit.sinks.sender import described
from services.audit.sinks.syslog import SyslogTarget, message
from services.audit.sinks.targets import Undelivered
from services.chassis import outbound
from services.chassis.settings import SettingError, Settings
from tests.builders.audit import entry


def read(tmp_path: Path, text: str, **settings: Any) -> Any:
    (tmp_path / "sinks.toml").write_text(text)
    return config.read(Settings(secret_key="k" * 32, audit_sinks_file=str(tmp_path / "sinks.toml"), **settings))


def test_the_file_names_sinks_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    text = f"""
[copy]
type = "file"
path = "/var/log/gatehouse/audit.jsonl"

[siem]
type = "syslog"
address = "siem.example.org:6514"
format = "cef"

[lake]
type = "https"
url = "https://collect.example.org/in?token=secret"
format = "ocsf"
secret_file = "{tmp_path}/secret"
"""
    found = read(tmp_path, text, audit_sink_networks="10.0.0.0/8, 192.0.2.7")
    assert {name: target.where for name, target in found.items()} == {
        "copy": "/var/log/gatehouse/audit.jsonl",
        "siem": "siem.example.org:6514 (TLS)",
        "lake": "https://collect.example.org/in",
    }
    assert found["siem"].networks == (ip_network("10.0.0.0/8"), ip_network("192.0.2.7/32"))
    assert config.read(Settings(secret_key="k" * 32)) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[copy", "is not TOML"),
        ("copy = 1", r"\[copy\] is no sink"),
        ("[Copy]", r"\[Copy\] is no sink"),
        ("[copy]", r"\[copy\] has no type: choose one of file, syslog, https"),
        ('[copy]\ntype = "file"', "path: Missing"),
        ('[copy]\ntype = "file"\npath = "x"\nformat = "csv"', "format: Must be one of: cef, jsonl, ocsf"),
        ('[copy]\ntype = "file"\npath = "x"\nsurprise = 1', "surprise: Unknown field"),
        ('[siem]\ntype = "syslog"\naddress = "siem"', "address: It has to be like siem.example.org:6514"),
        ('[copy]\ntype = "file"\npath = 1', "path: Not a valid string"),
        ('[siem]\ntype = "syslog"\naddress = "siem:65536"', "address: It has to be like siem.example.org:6514"),
        ('[siem]\ntype = "syslog"\naddress = "siem:1"\nca_file = "/nowhere"', "ca_file: /nowhere cannot be read: No such file"),
        ('[lake]\ntype = "https"\nurl = "http://example.org"', "url: It has to be like https://"),
        ('[lake]\ntype = "https"\nurl = "https://me:pass@example.org"', "url: It has to be like https://"),
        ('[lake]\ntype = "https"\nurl = "https://example.org/\\r\\nx"', "url: It has to be like https://"),
        (
            '[lake]\ntype = "https"\nurl = "https://example.org"\nsecret_file = "/etc/hostname"',
            "secret_file: /etc/hostname holds no secret",
        ),
    ],
)
def test_what_is_wrong_in_the_file_is_said_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingError, match=rf"^GATEHOUSE_AUDIT_SINKS_FILE: .*{said}"):
        read(tmp_path, text)


def test_a_network_or_file_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="GATEHOUSE_AUDIT_SINK_NETWORKS: 'intranet' does not appear"):
        read(tmp_path, "", audit_sink_networks="intranet")
    with pytest.raises(SettingError, match="cannot be read: No such file"):
        config.read(Settings(secret_key="k" * 32, audit_sinks_file="/nowhere"))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "100.100.100.200", "169.254.169.254", "168.63.129.16",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.0.192", "::1", "::", "fe80::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    ],
)  # fmt: skip
def test_nothing_is_sent_inside_unless_that_network_is_allowed(address: str) -> None:
    assert not outbound.may_reach(ip_address(address), ())
    assert outbound.may_reach(ip_address(address), outbound.networks(address))
    assert not outbound.may_reach(ip_address(address), outbound.networks("192.0.2.0/24"))


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"])
def test_public_addresses_are_reached(address: str) -> None:
    assert outbound.may_reach(ip_address(address), ())


def test_a_name_is_judged_by_the_address_it_stands_for() -> None:
    with pytest.raises(outbound.Internal, match="localhost is inside"):
        outbound.connect("localhost", 1, 1.0, outbound.networks("192.0.2.0/24"))


def test_a_file_has_whole_lines_also_after_a_power_cut(tmp_path: Path) -> None:
    target = FileTarget(path=tmp_path / "trail", line=LINES["jsonl"])
    target.deliver(target.frame(entry()))
    whole = target.path.read_bytes()
    target.path.write_bytes(whole + whole[:40])
    target.deliver(target.frame(entry()))
    assert target.path.read_bytes() == whole + whole[:40] + b"\n" + whole
    assert target.path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_take_all_takes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = FileTarget(path=tmp_path / "trail", line=LINES["jsonl"])
    target.deliver(b"before\n")

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        target.deliver(b"after\n")
    assert target.path.read_bytes() == b"before\n"


def test_a_message_is_one_of_rfc_5424() -> None:
    said = message(entry("identity.device_authorization.approved"), "x")
    assert said.startswith(b"<110>1 2026-11-20T12:00:01.000000Z ")
    assert said.endswith(b" gatehouse identity device_authorization.approved - x")
    assert message(entry("audit.attempt.refused"), "x").startswith(b"<108>1 ")
    assert message(entry(), "ä").endswith(b" - \xef\xbb\xbf\xc3\xa4")


@given(st.lists(st.text(max_size=20), max_size=5))
def test_counted_octets_tell_messages_apart_whatever_they_say(texts: list[str]) -> None:
    rows = [entry(changes={"name": text}) for text in texts]
    nothing = {"ca_file": None, "certificate_file": None, "key_file": None, "networks": ()}
    target = SyslogTarget(address="siem:1", tls=True, line=LINES["cef"], **nothing)  # type: ignore[arg-type]
    rest, found = b"".join(map(target.frame, rows)), []
    while rest:
        count, _, rest = rest.partition(b" ")
        found.append(rest[: int(count)])
        rest = rest[int(count) :]
    assert found == [message(row, LINES["cef"](row)) for row in rows]


def test_what_is_sent_again_has_the_same_id_and_a_new_time() -> None:
    first, again, other = signature(b"k" * 32, 1, b"x"), signature(b"k" * 32, 2, b"x"), signature(b"k" * 32, 1, b"y")
    assert first["webhook-id"] == again["webhook-id"] != other["webhook-id"]
    assert len({each["webhook-signature"] for each in (first, again, other)}) == 3


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Undelivered("it answered 503"), "it answered 503"),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (TimeoutError("timed out"), "timed out"),
        (ssl.SSLError(1, "wrong version number"), "wrong version number"),
        (ValueError("Invalid header value b'Splunk the-token'"), "ValueError"),
    ],
)
def test_what_went_wrong_is_told_without_secrets(error: Exception, said: str) -> None:
    assert described(error) == said
