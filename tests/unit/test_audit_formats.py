"""What other programs read of the journal: each entry one line, each field itself again when it is parsed, whatever stands in it."""

import csv
import json
import re
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from services.audit.formats import FORMATS, LINES, csvs, ocsf
from services.audit.formats.text import ascii_json, member, shown
from services.audit.proof.canonical import canonical
from services.audit.proof.merkle import leaf_hash
from tests.builders.audit import entry, one_of_each

TEXTS = st.one_of(
    st.text(max_size=30),
    st.text("=+-@'\"\\|\r\n\t\0\x1b\x7f\x9b, ;ä\u202e\u2028\U000e0001＝", max_size=12),
    st.sampled_from(("=1+1", "@SUM(A1)", "-1", "+1", "'=1", "\t=1", "\r=1", "a=b c=d", "\\", "\\\\|", "cs1=x", "\x1b[31mred\x9b0m")),
)
ENTRIES = st.builds(
    lambda actor, agent, subject, name: entry(
        changes={"name": name, name: [agent]}, actor=actor, user_agent=agent, subject=subject, workspace_id=None
    ),
    *[TEXTS] * 4,
)


@pytest.mark.parametrize("format", FORMATS)
@given(row=ENTRIES)
def test_an_entry_is_one_line_that_commands_no_terminal(format: str, row: dict[str, Any]) -> None:
    assert FORMATS[format].line(row).isprintable()


@given(row=ENTRIES)
def test_a_line_of_json_has_the_very_entry_that_was_hashed(row: dict[str, Any]) -> None:
    said = json.loads(LINES["jsonl"](row))
    assert said["hash"] == row["hash"].hex() == leaf_hash(canonical(said["entry"])).hex()


def unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") else cell


@given(row=ENTRIES)
def test_a_line_of_csv_has_each_field_and_none_is_a_formula(row: dict[str, Any]) -> None:
    (cells,) = csv.reader([csvs.line(row)], strict=True)
    assert [unguarded(cell) for cell in cells] == [shown(member(row, name)) for name in csvs.COLUMNS]
    assert not any(cell[:1] in tuple("=+-@\t\r＝＋－＠") for cell in cells if cell)


def parsed(line: str) -> tuple[list[str], dict[str, str]]:
    """As the format's own documents say."""
    head = re.match(r"((?:[^|\\]|\\.)*\|){7}", line)
    assert head is not None
    header = [re.sub(r"\\(.)", r"\1", part) for part in re.findall(r"((?:[^|\\]|\\.)*)\|", head.group())]
    extensions = re.findall(r"(\w+)=((?:[^=\\]|\\.)*?)(?= \w+=|$)", line[head.end() :])
    unescaped = {"n": "\n", "r": "\r"}
    return header, {key: re.sub(r"\\(.)", lambda found: unescaped.get(found[1], found[1]), value) for key, value in extensions}


def plain(text: str) -> str:
    """Line breaks come back as they were; what else commands a terminal comes as its code."""
    return "".join(letter if letter in "\r\n" else shown(letter) for letter in text)


@given(row=ENTRIES)
def test_a_line_of_cef_has_each_field(row: dict[str, Any]) -> None:
    header, extensions = parsed(LINES["cef"](row))
    assert (header[0], header[4], header[5]) == ("CEF:0", "workspaces.member.joined", "member joined")
    told = {"suid": row["actor"], "requestClientApplication": row["user_agent"], "cs2": row["subject"], "cs6": ascii_json(row["changes"])}
    for key, value in told.items():
        assert extensions.get(key, "") == plain(value)


def test_a_field_that_is_longer_than_cef_allows_is_cut_and_says_so() -> None:
    _, extensions = parsed(LINES["cef"](entry(changes={"name": "x" * 5_000})))
    assert (len(extensions["cs6"]), extensions["cs6"][-3:]) == (4_000, "...")


def test_where_somebody_was_is_told_for_either_kind_of_address() -> None:
    assert parsed(LINES["cef"](entry(ip="192.0.2.1")))[1]["src"] == "192.0.2.1"
    assert parsed(LINES["cef"](entry(ip="2001:db8::1")))[1]["c6a2"] == "2001:db8::1"


SCHEMA = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=ocsf.SCHEMA))


@cache
def validator(class_uid: int) -> Any:
    return jsonschema_rs.validator_for(SCHEMA.get_class_schema(SCHEMA.lookup_class_name_from_uid(class_uid)))


@pytest.mark.parametrize("row", list(one_of_each()), ids=lambda row: row["type"])
def test_every_public_event_is_a_valid_event_of_the_published_ocsf_schema(row: dict[str, Any]) -> None:
    for each in (row, row | {"ip": None, "actor": None, "account_id": None, "workspace_id": None}, row | {"actor": "system:audit"}):
        said = json.loads(LINES["ocsf"](each))
        validator(said["class_uid"]).validate(said)


def test_an_event_that_is_not_of_the_schema_would_be_noticed() -> None:
    said = ocsf.event(entry())
    assert not validator(said["class_uid"]).is_valid(said | {"activity_id": 77})
    assert not validator(said["class_uid"]).is_valid({key: value for key, value in said.items() if key != "user"})


@given(row=ENTRIES)
def test_an_ocsf_event_keeps_what_stands_in_it(row: dict[str, Any]) -> None:
    said = json.loads(LINES["ocsf"](row))
    assert said["unmapped"]["changes"] == row["changes"]


@pytest.mark.parametrize(
    ("type", "changes", "uid"),
    [
        ("identity.session.started", {}, 300201),
        ("identity.session.ended", {}, 300202),
        ("identity.password.changed", {}, 300103),
        ("identity.device_authorization.approved", {"scopes": ["account"]}, 300301),
        ("workspaces.member.removed", {}, 300502),
        ("authz.group.members_changed", {"added": {"a": 1}}, 300603),
        ("authz.group.members_changed", {"removed": ["a"]}, 300604),
        ("authz.rule.deleted", {}, 300404),
        ("vault.secret.used", {}, 300402),
        ("audit.sink.switched", {"enabled": False}, 300409),
        ("audit.attempt.refused", {"route": "GET /v1/account"}, 600399),
    ],
)
def test_an_event_has_the_class_and_activity_that_a_siem_looks_for(type: str, changes: dict[str, Any], uid: int) -> None:
    assert ocsf.event(entry(type, changes))["type_uid"] == uid
