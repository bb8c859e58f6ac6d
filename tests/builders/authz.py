"""Named, deterministic members, groups, rules and resources, and the application that decides about them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.authz.application import Authz
from services.authz.reactions import Memberships
from services.chassis import schema
from services.chassis.settings import Settings
from services.chassis.sinks import ReactionSink
from tests.builders.public_events import events

# Of today: a membership or a rule that ends is judged by the clock on the wall where a service asks.
NOW = datetime.now(UTC)

VISION = UUID("00000000-0000-4000-8000-000000000001")
OTHER = UUID("00000000-0000-4000-8000-000000000002")
GRACE = UUID("00000000-0000-4000-8000-00000000000a")
ADA = UUID("00000000-0000-4000-8000-00000000000b")
BOB = UUID("00000000-0000-4000-8000-00000000000c")
VERA = UUID("00000000-0000-4000-8000-00000000000d")
STRANGER = UUID("00000000-0000-4000-8000-00000000000f")

ROLES = {GRACE: "admin", ADA: "editor", BOB: "editor", VERA: "viewer"}


def later(**span: int) -> datetime:
    return NOW + timedelta(**span)


def connected(settings: Settings) -> Authz:
    """Over an empty schema."""
    from services.authz.service import SPEC

    app = Authz.connect(settings)
    with app.database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS authz CASCADE")
    schema.create(app.database, SPEC.tables)
    return app


def joined(account_id: UUID, role: str = "editor") -> tuple[str, dict[str, Any]]:
    return "workspaces.member.joined", {"account_id": account_id, "role": role}


def removed(account_id: UUID) -> tuple[str, dict[str, Any]]:
    return "workspaces.member.removed", {"account_id": account_id}


class Told:
    """What the service of workspaces says, one thing after another, and how far it has come."""

    def __init__(self, app: Authz) -> None:
        self._sink = ReactionSink(Memberships(app), app.database, sleep=lambda _: None)
        self._said: list[tuple[str, dict[str, Any]]] = []
        self.position = 0

    def tell(self, *said: tuple[str, dict[str, Any]], workspace_id: UUID = VISION) -> int:
        heard = [event for event in events("workspaces", *self._said, *said, workspace_id=workspace_id) if event.position > self.position]
        self._sink.apply(heard)
        self._said += said
        self.position = heard[-1].position
        return self.position


def vision(app: Authz) -> Told:
    """A workspace of Grace's, with two editors and a viewer."""
    told = Told(app)
    told.tell(*(joined(account_id, role) for account_id, role in ROLES.items()))
    return told


def put(app: Authz, type: str, id: str, parent: str | None = None, by: UUID = GRACE, name: str = "") -> dict[str, Any]:
    return app.put_resource(VISION, by, NOW, type=type, id=id, name=name or id, parent=parent)


def group(app: Authz, name: str, *members: UUID, groups: tuple[UUID, ...] = ()) -> UUID:
    made: UUID = app.create_group(VISION, name, NOW, members=members, groups=groups)["id"]
    return made


def rule(app: Authz, type: str, id: str | None = None, permission: str = "read", **more: Any) -> dict[str, Any]:
    return app.create_rule(VISION, NOW, resource_type=type, resource_id=id, permission=permission, **more)


def may(app: Authz, account_id: UUID, action: str, type: str, id: str, workspace_id: UUID = VISION, **more: Any) -> bool:
    found = app.check(workspace_id, datetime.now(UTC), account_id=account_id, action=action, resource={"type": type, "id": id}, **more)
    return bool(found["allowed"])
