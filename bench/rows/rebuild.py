"""Rebuilding an own view of workspaces from a log of 100,000 events, swap included."""

import time
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from bench.measure import SEED, Result, compare
from bench.servers import Servers
from services.chassis import schema
from services.chassis.projections import Projection
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.chassis.store import Recorder
from services.workspaces.application import Workspaces
from services.workspaces.domain import Invitation, Terms, Workspace
from services.workspaces.projections import InvitationsProjection, MembersProjection
from services.workspaces.service import SPEC

EVENTS = 100_000
GOAL = 0.3
_PAGE = 5_000
_A_WORKSPACE = 100  # events


def run(servers: Servers, quick: bool) -> list[Result]:
    app = Workspaces.connect(Settings(database_url=servers.database(), amqp_url="none", secret_key="k" * 32))
    try:
        assert app.db is not None
        schema.create(app.db, SPEC.tables)
        _fill(app, EVENTS // 10 if quick else EVENTS)
        return [_compared(app, projection, 1 if quick else 5) for projection in (MembersProjection, InvitationsProjection)]
    finally:
        app.close()


def _fill(app: Workspaces, events: int) -> None:
    """Workspaces with members who joined by invitation, changed their roles and sometimes went."""
    random = Random(SEED)
    for _ in range(events // _A_WORKSPACE):
        workspace = Workspace(name="Vision", slug="vision", personal=False, owner_id=_id(random))
        workspace.join(workspace.owner_id, "admin", limit=0, now=datetime.now(UTC))
        invitations = [_joined(workspace, number, random) for number in range((_A_WORKSPACE - 2) // 4)]
        app.save(workspace, *invitations)


def _joined(workspace: Workspace, number: int, random: Random) -> Invitation:
    """Four events: invited, accepted, joined, and role changed or left."""
    now = datetime.now(UTC)
    terms = Terms(workspace_version=workspace.version, role="viewer", invited_by=workspace.owner_id, expires_at=now + timedelta(days=14))
    account_id, address_id = _id(random), _id(random)
    invitation = Invitation.sent(workspace.id, address_id, f"p{number}@example.org", terms)
    invitation.accept(account_id, [address_id], 1, now, already_member=False)
    workspace.join(account_id, "viewer", 0, now, invitation.id)
    workspace.change_role(account_id, "editor", now) if number % 3 else workspace.remove(account_id)
    return invitation


def _id(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)


def _compared(app: Workspaces, projection: type[Projection], rounds: int) -> Result:
    def rebuilt() -> float:
        began = time.perf_counter()
        done = Rebuild(app, projection, None).run()
        return done.events / (time.perf_counter() - began)

    what = f"rebuild of workspaces.{projection.name}; against reading and decoding the same events"
    return compare("rebuild", what, GOAL, rebuilt, lambda: _decoded(app, projection), rounds, "events/s")


def _decoded(app: Workspaces, projection: type[Projection]) -> float:
    """The same pages of the same topics over a connection of its own, every event made, none used."""
    assert app.db is not None
    assert isinstance(app.recorder, Recorder)
    began, events, position = time.perf_counter(), 0, 0
    with app.db.connect() as connection:
        upto = app.recorder.settled(connection)
        while page := app.recorder.read_between(connection, position, upto, _PAGE, projection.topics()):
            events += sum(1 for logged in page if app.mapper.to_domain_event(logged.event))
            position = page[-1].position
    return events / (time.perf_counter() - began)
