"""As it was: random histories are played, what was answered is kept, and then asked for again."""

import json
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import eventsourcing.domain
import psycopg
import pytest

from services.authz.application import Authz
from services.authz.projections import AccessStreams
from services.chassis import history, schema
from services.chassis.application import Application
from services.chassis.errors import NotFound, Unprocessable
from services.chassis.history import At
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.workspaces.application import Workspaces
from services.workspaces.projections import InvitationsProjection
from services.workspaces.service import SPEC
from tests.builders.authz import ADA, BOB, GRACE, OTHER, ROLES, STRANGER, VISION, connected, removed, vision
from tests.builders.authz import put as put_resource
from tests.builders.authz import rule as make_rule
from tests.builders.histories import Access, Answers, Membership, Seen, answers_of_authz, answers_of_workspaces


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
    schema.create(app.database, SPEC.tables)
    yield app
    app.close()


def every(app: Application, events: int, most: int) -> None:
    """Checkpoints so often that a short history has some, and so few that some of them go."""
    past(app).checkpoints.every, past(app).checkpoints._most = events, most


def past(app: Application) -> history.History:
    assert app.history is not None
    return app.history


def answered(app: Application, scope: UUID, at: At, ask: Callable[[datetime], Answers]) -> Answers:
    with app.past(scope, at, datetime.now(UTC)) as now:
        return ask(now)


def compare(app: Application, scope: UUID, seen: list[Seen], ask: Callable[[datetime], Answers], seed: int) -> None:
    """At random points, by time and by position."""
    for one in Random(seed).sample(seen, 4):
        assert answered(app, scope, At(time=one.time, position=one.position), ask) == one.answers
        assert answered(app, scope, At(time=one.time), ask) == one.answers


@pytest.mark.parametrize("seed", range(2))
def test_access_as_it_was_equals_what_was_answered_then(authz: Authz, seed: int) -> None:
    every(authz, 11, 3)
    access = Access(authz, seed)
    access.play(25)

    def ask(now: datetime) -> Answers:
        return answers_of_authz(authz, now)

    compare(authz, VISION, access.seen, ask, seed)
    past(authz).keep(datetime.now(UTC))
    access.play(70)
    past(authz).keep(datetime.now(UTC))
    kept = authz.database.all("SELECT events FROM checkpoints WHERE scope = %s ORDER BY position", VISION)
    assert 1 <= len(kept) <= 3
    assert sum(row["events"] for row in kept) >= 44
    compare(authz, VISION, access.seen, ask, seed + 1)
    latest = access.seen[-1]
    rows = by_table(authz, VISION, latest.position)
    authz.database.run("DELETE FROM checkpoints")
    assert by_table(authz, VISION, latest.position) == rows
    compare(authz, VISION, access.seen, ask, seed + 2)


@pytest.mark.parametrize("seed", range(2))
def test_members_and_invitations_as_they_were_equal_what_was_answered_then(workspaces: Workspaces, seed: int) -> None:
    every(workspaces, 7, 3)
    membership = Membership(workspaces, seed)

    def ask(now: datetime) -> Answers:
        return answers_of_workspaces(workspaces, membership.workspace_id, now)

    membership.play(50)
    past(workspaces).keep(datetime.now(UTC))
    membership.play(50)
    assert workspaces.database.one("SELECT count(*) AS n FROM checkpoints")["n"] > 0  # type: ignore[index]
    assert sum(len(each["items"]) for each in membership.seen[-1].answers["members"]) > 1
    compare(workspaces, membership.workspace_id, membership.seen, ask, seed)


def by_table(app: Application, scope: UUID, position: int) -> dict[str, list[Any]]:
    found = past(app).rows(scope, position)
    return {table.name: sorted(map(str, found.rows(table))) for table in past(app).tables}


def test_nothing_of_another_workspace_is_read(authz: Authz, monkeypatch: pytest.MonkeyPatch) -> None:
    told = vision(authz)
    put_resource(authz, "project", "p")
    make_rule(authz, "project", "p", users=[ADA])
    for number in range(30):
        other = UUID(int=OTHER.int + number)
        authz.admit(other, ADA, "editor")
        authz.create_rule(other, datetime.now(UTC), resource_type="task", permission="read", users=[ADA])
    told.tell(removed(BOB))
    own = authz.database.one("SELECT count(*) AS n FROM stored_events JOIN streams ON stream_id = originator_id WHERE scope = %s", VISION)
    assert own is not None

    with authz.database.connect() as connection:
        plan = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {history._EVENTS}".encode(), (0, 2**62, VISION)).fetchone()
    assert plan is not None
    read = sum(_looked_at(plan["QUERY PLAN"][0]["Plan"]))
    assert read == own["n"]

    seen = []
    apply = past(authz)._apply
    monkeypatch.setattr(past(authz), "_apply", lambda event, rows: (seen.append(event.workspace_id), apply(event, rows)))
    with authz.past(VISION, At(time=datetime.now(UTC)), datetime.now(UTC)) as now:
        assert len(authz.list_rules(VISION, now, 50, None)["items"]) == 1
        assert authz.list_rules(OTHER, now, 50, None)["items"] == []
        assert authz.views.tenures(OTHER, [ADA], now) == {}
    assert set(seen) == {VISION}


def _looked_at(node: dict[str, Any]) -> Iterator[int]:
    """Rows of the log that the plan touched, whatever became of them."""
    if node.get("Relation Name") == "stored_events":
        yield round((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
    for child in node.get("Plans", ()):
        yield from _looked_at(child)


class Clock:
    """Of the machine that events happen on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        monkeypatch.setattr(eventsourcing.domain, "datetime_now_with_tzinfo", lambda: self.now)

    def at(self, hour: int, act: Callable[[], Any], year: int = 2026) -> None:
        self.now = datetime(year, 1, 1, hour, tzinfo=UTC)
        act()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.mark.parametrize(("glitch", "checkpoints"), [(2026, False), (1970, False), (2030, False), (1970, True), (2030, True)])
def test_a_clock_that_stepped_once_misplaces_nothing_but_what_happened_then(
    authz: Authz, clock: Clock, glitch: int, checkpoints: bool
) -> None:
    for hour, name in enumerate("abcdefgh", start=1):
        clock.at(hour, lambda: authz.create_group(VISION, name, datetime.now(UTC)), glitch if name == "c" else 2026)  # noqa: B023
    if checkpoints:
        every(authz, 2, 40)
        past(authz).keep(datetime.now(UTC))

    def names(hour: int) -> str:
        at = At(time=datetime(2026, 1, 1, hour, 30, tzinfo=UTC))
        with authz.past(VISION, at, datetime(2026, 12, 1, tzinfo=UTC)) as now:
            return "".join(row["name"] for row in authz.list_groups(VISION, now, 50, None)["items"] if not row["built_in"])

    assert [names(hour) for hour in (4, 5, 8)] == ["abcd", "abcde", "abcdefgh"]


def test_what_ends_by_itself_is_judged_by_that_moment(authz: Authz, clock: Clock) -> None:
    told = vision(authz)
    term = {"account_id": ADA, "expires_at": datetime(2026, 1, 1, 3, tzinfo=UTC).isoformat()}
    clock.at(2, lambda: told.tell(("workspaces.member.term_set", term)))

    def may(hour: int) -> bool:
        at = At(time=datetime(2026, 1, 1, hour, 30, tzinfo=UTC))
        with authz.past(VISION, at, datetime(2026, 12, 1, tzinfo=UTC)) as now:
            return bool(authz.check(VISION, now, account_id=ADA, action="read", resource={"type": "task", "id": "t"})["allowed"])

    assert [may(2), may(3)] == [True, False]


def test_moments_that_nobody_can_ask_about_are_refused(workspaces: Workspaces) -> None:
    now = datetime.now(UTC)
    workspace_id = workspaces.create_workspace(GRACE, "Vision", now)["id"]
    moment = past(workspaces).moment
    for at, kind, code in (
        (At(time=now + timedelta(hours=1)), Unprocessable, "at_in_future"),
        (At(position=10**6), Unprocessable, "position_unknown"),
        (At(position=0), NotFound, "nothing_yet"),
    ):
        with pytest.raises(kind) as refusal:
            moment(workspace_id, at, now)
        assert refusal.value.code == code
    with pytest.raises(NotFound) as refusal:
        workspaces.check_existed(workspace_id, now - timedelta(hours=1))
    assert refusal.value.code == "workspace_not_there_yet"
    # A position of somebody else's event tells nothing but one's own last one before it.
    own = moment(workspace_id, At(position=workspaces.log.max_notification_id()), datetime.now(UTC))
    workspaces.create_workspace(ADA, "Other", datetime.now(UTC))
    assert moment(workspace_id, At(position=workspaces.log.max_notification_id()), datetime.now(UTC)) == own


def test_whoever_was_erased_is_erased_in_every_past_and_no_checkpoint_knows_better(workspaces: Workspaces) -> None:
    now = datetime.now(UTC)
    workspace_id = workspaces.create_workspace(GRACE, "Vision", now)["id"]
    every(workspaces, 2, 40)
    workspaces.invite(workspace_id, "ada@example.org", "editor", GRACE, now)
    workspaces.invite(workspace_id, "bob@example.org", "editor", GRACE, now)
    past(workspaces).keep(now)
    then = At(time=datetime.now(UTC))

    def emails() -> list[str | None]:
        with workspaces.past(workspace_id, then, datetime.now(UTC)) as moment:
            return [row["email"] for row in workspaces.list_invitations(workspace_id, moment, 50, None)["items"]]

    assert emails() == ["ada@example.org", "bob@example.org"]
    stored = workspaces.database.all("SELECT rows FROM checkpoints")
    assert stored
    assert b"example.org" not in b"".join(zlib.decompress(row["rows"]) for row in stored)
    workspaces.forget_account(ADA, [workspaces.keys.blind_id("email", "ada@example.org")], datetime.now(UTC))
    assert emails() == [None, "bob@example.org"]


def test_what_was_deleted_can_be_asked_about_as_it_was_before(workspaces: Workspaces, authz: Authz) -> None:
    now = datetime.now(UTC)
    workspace_id = workspaces.create_workspace(GRACE, "Vision", now)["id"]
    then = At(time=datetime.now(UTC))
    workspaces.delete_workspace(workspace_id)
    after = At(time=datetime.now(UTC))

    def members(at: At) -> list[UUID]:
        with workspaces.past(workspace_id, at, datetime.now(UTC)) as moment:
            return [row["account_id"] for row in workspaces.list_members(workspace_id, moment, 50, None)["items"]]

    assert (members(then), members(after)) == ([GRACE], [])


def test_a_log_that_was_there_before_gets_its_streams_by_a_rebuild(authz: Authz) -> None:
    vision(authz)
    authz.database.run("DELETE FROM streams")
    Rebuild(authz, AccessStreams, None).run()
    with authz.past(VISION, At(time=datetime.now(UTC)), datetime.now(UTC)) as now:
        assert authz.views.tenures(VISION, ROLES, now).keys() == {str(account) for account in ROLES}


def test_the_past_cannot_be_written_and_leaves_nothing_behind(authz: Authz) -> None:
    vision(authz)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), authz.past(VISION, At(time=datetime.now(UTC)), datetime.now(UTC)):
        authz.admit(VISION, STRANGER, "admin")
    assert authz.views.tenures(VISION, [STRANGER], datetime.now(UTC)) == {}
    assert past(authz).current is None


def test_checkpoints_of_another_version_are_passed_over(workspaces: Workspaces, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    workspace_id = workspaces.create_workspace(GRACE, "Vision", now)["id"]
    every(workspaces, 2, 40)
    past(workspaces).keep(now)
    assert workspaces.database.one("SELECT count(*) AS n FROM checkpoints") == {"n": 1}
    workspaces.database.run("UPDATE checkpoints SET rows = ''")
    monkeypatch.setattr(InvitationsProjection, "version", InvitationsProjection.version + 1)
    renewed = history.History(workspaces, workspaces.replayed)
    renewed.checkpoints.every = 2
    assert json.dumps(renewed.rows(workspace_id).rows(workspaces.replayed[1].tables[0]))
    renewed.keep(now)
    assert workspaces.database.one("SELECT count(*) AS n FROM checkpoints WHERE rows <> ''") == {"n": 1}
