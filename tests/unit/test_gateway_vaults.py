"""What a gateway keeps ready for clients: bounded by its bytes, and gone with whatever it was made from."""

import pytest

from gateway.access import OF_VAULTS, Access, decisions_scope, member_scopes, vaults_scope
from gateway.readings import Readings
from gateway.stream import Stream
from services.chassis.errors import Unavailable

pytestmark = pytest.mark.unit

VISION, ADA = "5b3c2f0e-0000-4000-8000-000000000001", "5b3c2f0e-0000-4000-8000-000000000002"
SCOPES = (*member_scopes(VISION, ADA), decisions_scope(VISION), vaults_scope(VISION))


class Heard:
    """Has heard everybody up to position 10, and keeps one answer."""

    def __init__(self) -> None:
        self.access = Access(lambda: 0.0)
        self.stream = Stream(self.access)
        self.stream.connected()
        for source in OF_VAULTS:
            self.stream.heartbeat(source, 10)
        self.access.vaults.remember("key", "text", SCOPES, self.access.drops.now)

    def event(self, kind: str, workspace_id: str = VISION, previous: int = 10, **data: object) -> None:
        source = kind.partition(".")[0]
        wire = {"type": f"{kind}.v1", "source": f"/{source}", "position": 11, "previous": previous, "workspaceid": workspace_id}
        self.stream.event(wire | {"data": data})

    @property
    def keeps(self) -> bool:
        return self.access.vaults.recall("key") is not None


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("vault.configuration.saved", {"account_id": None}),
        ("vault.configuration.disabled", {"account_id": ADA}),
        ("vault.configuration.renamed", {}),
        ("vault.configuration.deleted", {}),
        ("authz.group.members_changed", {}),
        ("authz.group.deleted", {}),
        ("workspaces.member.role_changed", {"account_id": ADA}),
        ("workspaces.workspace.deleted", {}),
    ],
)
def test_whatever_it_was_made_from_takes_it_along(kind: str, data: dict[str, object]) -> None:
    heard = Heard()
    heard.event(kind, **data)
    assert not heard.keeps


def test_other_workspaces_and_other_secrets_leave_it() -> None:
    heard = Heard()
    heard.event("vault.configuration.saved", workspace_id=ADA, account_id=None)
    assert heard.keeps
    heard.event("vault.cloud_credential.added", previous=11)
    heard.event("vault.configuration.read", previous=11, account_id=ADA)
    assert heard.keeps


def test_a_missed_event_of_the_vault_takes_everything_along() -> None:
    heard = Heard()
    heard.event("vault.cloud_credential.added", previous=12)
    assert not heard.keeps


def test_nothing_is_believed_while_the_vault_is_silent() -> None:
    access = Access(lambda: 0.0)
    for source in OF_VAULTS[:-1]:
        access.heard(source)
    asked: list[str] = []
    for _ in range(2):
        access.through(access.vaults, "key", lambda: asked.append("") or "text", lambda _: SCOPES)
    assert len(asked) == 2


def test_it_is_bounded_by_its_bytes() -> None:
    access = Access(lambda: 0.0, served_bytes=10)
    for key in ("a", "b", "c", "b"):
        access.vaults.remember(key, "12345", SCOPES, access.drops.now)
    assert [access.vaults.recall(key) for key in ("a", "b", "c")] == [None, "12345", "12345"]
    access.vaults.remember("b", "1234567890", SCOPES, access.drops.now)
    assert [access.vaults.recall(key) for key in ("b", "c")] == ["1234567890", None]


def test_a_reading_is_told_once_in_a_while_and_again_after_it_could_not_be_told() -> None:
    readings, told = Readings(60), []

    def away() -> None:
        raise Unavailable("service_unavailable")

    with pytest.raises(Unavailable):
        readings.note(("ada", "laptop"), away)
    for _ in range(3):
        readings.note(("ada", "laptop"), lambda: told.append("laptop"))
    readings.note(("ada", "desk"), lambda: told.append("desk"))
    assert told == ["laptop", "desk"]
