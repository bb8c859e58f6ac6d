"""What the gateway makes of the events it hears."""

from typing import Any

import pytest

from gateway.access import OF_VAULTS, Access, Principal, decisions_scope, member_scopes, resource_scope
from gateway.stream import HARMLESS, Stream

VISION, ADA, SESSION = (
    "5b3c2f0e-0000-4000-8000-000000000001",
    "5b3c2f0e-0000-4000-8000-000000000002",
    "5b3c2f0e-0000-4000-8000-000000000003",
)


class Heard:
    """A gateway that has heard each source up to position 10, and remembers one principal, role and decision."""

    def __init__(self) -> None:
        self.access = Access(lambda: 0.0)
        self.stream = Stream(self.access)
        self.stream.connected()
        for source in OF_VAULTS:
            self.stream.heartbeat(source, 10)
        who = Principal(ADA, SESSION, (), operator=False, expires_at=0.0, csrf_token="")
        now = self.access.drops.now
        self.access.principals.remember("key", who, who.depends_on, now)
        self.access.roles.remember("key", "editor", member_scopes(VISION, ADA), now)
        scopes = (*member_scopes(VISION, ADA), decisions_scope(VISION), resource_scope(VISION, "task", "t1"))
        self.access.decisions.remember("key", True, scopes, now)

    def event(self, kind: str, position: int = 11, previous: int = 10, **data: Any) -> None:
        source = kind.partition(".")[0]
        workspace = {"workspaceid": VISION} if source != "identity" else {}
        self.stream.event(
            {"type": f"{kind}.v1", "source": f"/{source}", "position": position, "previous": previous, "data": data, **workspace}
        )

    @property
    def remembers(self) -> set[str]:
        memories = {"principal": self.access.principals, "role": self.access.roles, "decision": self.access.decisions}
        return {name for name, memory in memories.items() if memory.recall("key") is not None}


EVERYTHING = {"principal", "role", "decision"}


@pytest.mark.parametrize("kind", ["removed", "left", "role_changed", "term_set", "joined"])
def test_what_happens_to_a_member_drops_what_the_member_may_do_there(kind: str) -> None:
    heard = Heard()
    heard.event(f"workspaces.member.{kind}", account_id=ADA)
    assert heard.remembers == {"principal"}


def test_what_happens_to_another_member_drops_nothing() -> None:
    heard = Heard()
    heard.event("workspaces.member.removed", account_id=SESSION)
    assert heard.remembers == EVERYTHING


def test_a_deleted_workspace_drops_all_of_its_members() -> None:
    heard = Heard()
    heard.event("workspaces.workspace.deleted")
    assert heard.remembers == {"principal"}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("authz.rule.changed", {"rule_id": "r"}),
        ("authz.rule.deleted", {"rule_id": "r"}),
        ("authz.group.members_changed", {"added": [ADA], "removed": []}),
        ("authz.workspace.suspended", {}),
        ("authz.workspace.resumed", {}),
        ("authz.resources.changed", {"changes": [{"op": "moved", "type": "project", "id": "p"}]}),
        ("authz.resources.changed", {"changes": [{"op": "created", "type": "task", "id": str(n)} for n in range(101)]}),
    ],
)
def test_what_may_change_any_decision_of_the_workspace_drops_them_all(kind: str, data: dict[str, Any]) -> None:
    heard = Heard()
    heard.event(kind, **data)
    assert heard.remembers == {"principal", "role"}


@pytest.mark.parametrize(("id", "left"), [("t1", {"principal", "role"}), ("t2", {"principal", "role", "decision"})])
def test_a_new_resource_drops_only_what_was_decided_of_it_before(id: str, left: set[str]) -> None:
    heard = Heard()
    heard.event("authz.resources.changed", changes=[{"op": "created", "type": "task", "id": id}])
    assert heard.remembers == left


def test_an_ended_session_drops_only_itself() -> None:
    heard = Heard()
    heard.event("identity.session.ended", account_id=ADA, session_id=SESSION)
    assert heard.remembers == {"role", "decision"}


def test_an_erased_account_drops_everything_of_it() -> None:
    heard = Heard()
    heard.event("identity.account.erased", account_id=ADA, address_ids=[])
    assert heard.remembers == set()


def test_an_event_of_a_kind_unknown_here_drops_what_it_names() -> None:
    heard = Heard()
    heard.event("workspaces.member.frozen", account_id=ADA)
    assert heard.remembers == {"principal"}


@pytest.mark.parametrize("kind", sorted(HARMLESS))
def test_what_changes_nothing_anybody_may_do_drops_nothing(kind: str) -> None:
    heard = Heard()
    heard.event(kind, account_id=ADA)
    assert heard.remembers == EVERYTHING


@pytest.mark.parametrize("kind", ["workspaces.workspace.renamed", "identity.session.started", "authz.group.created"])
def test_a_gap_drops_everything(kind: str) -> None:
    heard = Heard()
    heard.event(kind, position=13, previous=12)
    assert heard.remembers == set()


def test_a_repeat_is_no_gap() -> None:
    heard = Heard()
    heard.event("workspaces.workspace.renamed", position=9, previous=8)
    heard.event("workspaces.workspace.renamed", position=11, previous=10)
    assert heard.remembers == EVERYTHING


def test_a_heartbeat_that_tells_of_an_event_unheard_drops_everything() -> None:
    heard = Heard()
    heard.stream.heartbeat("workspaces", 11)
    assert heard.remembers == set()


def test_a_new_queue_drops_everything_and_is_not_trusted_before_each_source_was_heard() -> None:
    heard = Heard()
    heard.stream.connected()
    assert not heard.access.trusted()
    for source in OF_VAULTS:
        heard.stream.heartbeat(source, 10)
    assert heard.access.trusted()
    assert heard.remembers == set()


def test_decisions_are_asked_for_no_older_than_what_was_heard_about_the_workspace() -> None:
    heard = Heard()
    heard.event("workspaces.member.removed", position=11, account_id=ADA)
    assert heard.access.seen.of(VISION) == 11


def test_after_a_gap_no_decision_may_be_older_than_the_gap() -> None:
    heard = Heard()
    heard.stream.heartbeat("workspaces", 20)
    assert heard.access.seen.of("any other workspace") == 20


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("identity.token.revoked", "token_id"),
        ("identity.token.regenerated", "token_id"),
        ("identity.key_pair.revoked", "key_pair_id"),
    ],
)
def test_a_credential_that_ends_drops_only_itself(kind: str, named: str) -> None:
    heard = Heard()
    heard.event(kind, account_id=ADA, **{named: "another"})
    assert heard.remembers == EVERYTHING
    heard.event(kind, 12, 11, account_id=ADA, **{named: SESSION})
    assert heard.remembers == {"role", "decision"}


def test_news_of_no_workspace_is_heard_like_any_other() -> None:
    heard = Heard()
    acknowledged = {"type": "workspaces.notice.acknowledged.v1", "source": "/workspaces", "position": 11, "previous": 10}
    heard.stream.event(acknowledged | {"data": {"account_id": ADA}})
    assert (heard.remembers, heard.access.trusted()) == (EVERYTHING, True)
