"""How many billing believes to be in a workspace, against what the events of workspaces come out as."""

from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from services.billing import service as billing
from services.billing.projections.heads import Heads
from services.billing.views.heads import HeadViews
from services.chassis import schema
from services.chassis.database import Database
from services.chassis.errors import ServiceError
from services.chassis.publiclog import PublicLog
from services.chassis.settings import Settings
from services.chassis.sinks import ProjectionSink
from services.workspaces import service as workspaces
from services.workspaces.application import Workspaces
from services.workspaces.domain import Invitation, Workspace
from tests.builders.workspaces import GRACE, NOON, SECRET, accept, decline, enter, invite, later, open_link, vision

PEOPLE = [UUID(int=number) for number in range(1, 4)]
ADDRESSES = [f"person{number}@example.org" for number in range(1, 4)]

ACTS = ("invite", "invite", "accept", "accept", "enter", "decline", "withdraw", "leave", "remove", "term", "forever")


@pytest.fixture(scope="module")
def app(database_url: str):
    app = Workspaces.connect(Settings(database_url=database_url, amqp_url="none", secret_key=SECRET))
    schema.create(app.db, workspaces.SPEC.tables)
    yield app
    app.close()


@pytest.fixture(scope="module")
def db(database_url: str):
    db = Database(database_url, "billing")
    db.open()
    schema.create(db, billing.SPEC.tables)
    yield db
    db.close()


def act(app: Workspaces, shared: UUID, what: str, who: int) -> None:
    """What the workspace refuses is refused."""
    known = app.find(Invitation, Invitation.create_id(shared, app.keys.blind_id("email", ADDRESSES[who])))
    link = app._offer(known, NOON) if known else None
    if what == "invite":
        invite(app, shared, ADDRESSES[who])
    elif what == "enter":
        enter(app, open_link(app, shared), PEOPLE[who])
    elif what in ("leave", "remove"):
        {"leave": app.leave_workspace, "remove": app.remove_member}[what](workspace_id=shared, account_id=PEOPLE[who])
    elif what in ("term", "forever"):
        until = later(days=who) if what == "term" else None
        app.change_member(workspace_id=shared, account_id=PEOPLE[who], now=NOON, expires_at=until)
    elif link and link["link"]:
        if what == "withdraw":
            app.withdraw_invitation(workspace_id=shared, invitation_id=known.id)
        else:
            {"accept": accept, "decline": decline}[what](app, link, PEOPLE[who], ADDRESSES[who])


def recounted(app: Workspaces, told: list[Any], shared: UUID, now: datetime) -> tuple[int, int]:
    """From the log of workspaces alone."""
    invited = {e.data["invitation_id"] for e in told if e.workspace_id == str(shared) and e.type == "workspaces.member.invited"}
    pending = [id for id in invited if app.load(Invitation, UUID(id)).status(now) == "pending"]
    return app.load(Workspace, shared).member_count(now), len(pending)


def everything(app: Workspaces) -> list[Any]:
    found: list[Any] = []
    while page := PublicLog(app).after(found[-1].position if found else 0, 1_000):
        found += page
    return found


@pytest.mark.feature("B-03")
def test_members_and_pending_invitations_are_as_many_as_the_events_say(app: Workspaces, db: Database) -> None:
    random = Random(20_261_120)
    shared = [vision(app, GRACE) for _ in range(8)]
    for workspace_id in shared:
        for _ in range(25):
            with suppress(ServiceError):
                act(app, workspace_id, random.choice(ACTS), random.randrange(3))
    told, heads = everything(app), HeadViews(db)
    for _ in range(2):
        ProjectionSink(Heads(), db).apply(told)
    for workspace_id in shared:
        for now in (NOON, later(days=3), NOON + timedelta(days=30)):
            assert heads.numbers(workspace_id, now) == recounted(app, told, workspace_id, now)
