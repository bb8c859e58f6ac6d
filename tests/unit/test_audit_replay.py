"""A history told in sentences: every event has one, whatever stands in it, and time passes as fast as was asked for."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from gatehouse import replay, sentences
from tests.builders.audit import entry, one_of_each
from tests.builders.public_events import NOON

ADA = "00000000-0000-4000-8000-00000000000b"


def told(row: dict[str, Any], **names: str) -> str:
    return sentences.sentence(row, lambda id: {ADA: "Ada Lovelace", **names}.get(id, id))


@pytest.mark.parametrize("row", list(one_of_each()), ids=lambda row: row["type"])
def test_every_public_event_has_a_sentence(row: dict[str, Any]) -> None:
    said = told(row)
    assert said.isprintable()
    assert "{" not in said


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (entry("workspaces.member.removed", {"account_id": ADA}, actor="grace"), "Grace removed Ada Lovelace"),
        (entry("workspaces.member.left", {"account_id": "x"}), "x left"),
        (
            entry("authz.group.members_changed", {"group_id": "g", "added": [ADA], "removed": []}, actor="grace"),
            "Grace changed the group “staff”: in came Ada Lovelace, out went nobody",
        ),
        (entry("audit.sink.switched", {"name": "x"}, actor="system:audit"), "The audit: sink switched"),
        (
            entry("workspaces.workspace.renamed", {"name": "x"}, actor=ADA, on_behalf_of="grace"),
            "Ada Lovelace renamed the workspace to “x”, on behalf of Grace",
        ),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_a_sentence_says_who_did_what_to_whom(row: dict[str, Any], sentence: str) -> None:
    assert told(row, grace="Grace", g="“staff”") == sentence


@pytest.mark.parametrize("name", ["\x1b[2J\x1b]0;owned\x07", "a\nb\r", "\x9b31m", "\u202egnirts", "[red]x[/]", "{who}{0}"])
def test_no_name_commands_the_terminal(name: str) -> None:
    said = told(entry("workspaces.workspace.renamed", {"name": name}, actor=ADA), **{ADA: name})
    assert said.isprintable()
    assert "renamed the workspace to" in said


class Told:
    """An installation whose journal holds these rows."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows, self.noted = list(rows), []  # type: ignore[var-annotated]
        self.views = SimpleNamespace(
            plain=lambda filters, limit, cursor: {"items": self.rows, "next_cursor": None}, profiles=lambda ids: []
        )

    def audit(self) -> Any:
        return self

    identity = audit

    def app(self, name: str) -> None: ...

    def note_entries_export(self, *what: Any, **filters: Any) -> None:
        self.noted.append((*what, filters))


@pytest.mark.parametrize(("speed", "pauses"), [(0, []), (1, [4.0, 5.0]), (2, [2.0, 5.0]), (3600, [4 / 3600, 1.0])])
def test_time_passes_as_fast_as_was_asked_for(speed: float, pauses: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    times = (NOON, NOON + timedelta(seconds=4), NOON + timedelta(seconds=3604), NOON + timedelta(seconds=3604))
    gatehouse, slept = Told(*(entry("vault.secret.used", {"kind": "x", "use": "[bold]y"}, time=time) for time in times)), list[float]()
    replay.tell(gatehouse, UUID(int=1), NOON, None, speed, slept.append)  # type: ignore[arg-type]
    assert slept == [*pauses, 0.0][: 3 if speed else 0]
    assert gatehouse.noted == [(UUID(int=1), "replay", None, {"since": NOON, "until": None})]
    assert capsys.readouterr().out.splitlines()[0] == "2026-11-20 12:00:00  Somebody unknown was given a secret (x) for [bold]y"
