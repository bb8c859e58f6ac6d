"""Membership over a real broker: from the log of workspaces into that of access, whatever fails on the way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from services.authz.application import Authz
from services.authz.reactions import Memberships
from services.chassis import schema
from services.chassis.consumer import Consumer
from services.chassis.publiclog import PublicLog
from services.chassis.publisher import Publisher
from services.chassis.settings import Settings
from services.chassis.sinks import ReactionSink
from services.chassis.sources import LocalLogs
from services.workspaces.application import Workspaces
from services.workspaces.service import SPEC as WORKSPACES
from tests.builders.authz import ADA, GRACE, connected, may
from tests.servers.waiting import eventually


@pytest.fixture
def authz(settings: Settings) -> Iterator[Authz]:
    app = connected(settings)
    yield app
    app.close()


@pytest.fixture
def workspaces(settings: Settings) -> Iterator[Workspaces]:
    app = Workspaces.connect(settings)
    with app.database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS workspaces CASCADE")
    schema.create(app.database, WORKSPACES.tables)
    yield app
    app.close()


@contextmanager
def running(*loops):
    stop = threading.Event()
    threads = [threading.Thread(target=loop, args=(stop,), daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=30)


def consumer(authz, workspaces, amqp_url, reaction=Memberships):
    sink = ReactionSink(reaction(authz), authz.database, sleep=lambda _: None)
    return Consumer("authz", sink, LocalLogs(lambda _: workspaces), amqp_url)


def said(workspaces):
    """The position of the last that others are told of."""
    return PublicLog(workspaces).after(0, 1_000)[-1].position


def heard(authz, workspaces):
    return authz.heard() >= said(workspaces)


def now():
    return datetime.now(UTC)


def test_whoever_joins_may_and_whoever_is_removed_may_no_longer(authz, workspaces, rabbitmq_server):
    url = rabbitmq_server.create_vhost()
    with running(Publisher(workspaces, url).run, consumer(authz, workspaces, url).run):
        vision = workspaces.create_workspace(account_id=GRACE, name="Vision", now=now())["id"]
        link = workspaces.open_link(vision, role="editor", invited_by=GRACE, now=now())
        token = link["link"].rpartition("/")[2]
        workspaces.accept_invitation(token=token, account_id=ADA, address_ids=[], now=now())
        eventually(lambda: heard(authz, workspaces))
        assert may(authz, ADA, "modify", "task", "42", workspace_id=vision)

        workspaces.remove_member(vision, ADA)
        authz.hear(said(workspaces), patience=20)

        assert not may(authz, ADA, "read", "task", "42", workspace_id=vision)
        workspaces.delete_workspace(vision)
        authz.hear(said(workspaces), patience=20)
        assert not may(authz, GRACE, "read", "task", "42", workspace_id=vision)


class Failing(Memberships):
    """Cannot apply a departure until it is mended."""

    broken = True

    def react(self, event):
        if self.broken and event.type == "workspaces.member.removed":
            raise RuntimeError("broken")
        super().react(event)


def test_a_departure_that_cannot_be_applied_holds_everything_up_and_is_told_of(authz, workspaces, rabbitmq_server, monkeypatch):
    url = rabbitmq_server.create_vhost()
    vision = workspaces.create_workspace(account_id=GRACE, name="Vision", now=now())["id"]
    link = workspaces.open_link(vision, role="editor", invited_by=GRACE, now=now())
    workspaces.accept_invitation(token=link["link"].rpartition("/")[2], account_id=ADA, address_ids=[], now=now())
    workspaces.remove_member(vision, ADA)
    workspaces.change_workspace(vision, now=now(), name="Later")
    held = consumer(authz, workspaces, url, Failing)

    with running(Publisher(workspaces, url).run, held.run):
        eventually(lambda: held.error == "stopped: RuntimeError", within=30)
        assert not heard(authz, workspaces)
        assert authz.db.all("SELECT * FROM parked_events") == []
        monkeypatch.setattr(Failing, "broken", False)
        eventually(lambda: heard(authz, workspaces), within=60)

    assert not may(authz, ADA, "read", "task", "42", workspace_id=vision)
