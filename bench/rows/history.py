"""Time travel in one workspace of 100,000 events: the replay itself, and how long the first answer takes."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from uuid import UUID

from bench.measure import SEED, Result, compare
from bench.servers import Servers
from services.chassis import schema
from services.chassis.history import At
from services.chassis.settings import Settings
from services.workspaces.application import Workspaces
from services.workspaces.domain import Invitation, Terms, Workspace
from services.workspaces.service import SPEC

EVENTS = 100_000
GOAL = 0.3
FIRST = 1.0  # seconds
_PAGE = 5_000
# Events of each stay: invited, accepted, joined, and removed.
_A_STAY = 4
_PEOPLE = 200
_A_SAVE = 100  # stays


def run(servers: Servers, quick: bool) -> list[Result]:
    app = Workspaces.connect(Settings(database_url=servers.database(), amqp_url="none", secret_key="k" * 32))
    try:
        schema.create(app.database, SPEC.tables)
        vision = Vision(app, EVENTS // 10 if quick else EVENTS)
        rounds = 1 if quick else 5
        what = f"replay of one workspace's {vision.events:,} events into its views, tables filled; against reading and decoding them"
        replay = compare("history", what, GOAL, vision.replayed, vision.decoded, rounds, "events/s")
        cold = _first("without a checkpoint", vision, rounds, None)
        vision.checkpoint()
        return [replay, cold, _first("from checkpoints", vision, rounds, FIRST)]
    finally:
        app.close()


class Vision:
    def __init__(self, app: Workspaces, events: int) -> None:
        self._app, self._random = app, Random(SEED)
        self.workspace_id = self._filled(events)
        # Another one beside it, which must cost nothing.
        self._filled(events // 10)
        self.events = self._count()
        app.database.run("ANALYZE")

    def replayed(self) -> float:
        began = time.perf_counter()
        with self._app.past(self.workspace_id, At(position=self._app.log.max_notification_id()), datetime.now(UTC)):
            return self.events / (time.perf_counter() - began)

    def decoded(self) -> float:
        """The log page by page, every event made, none used."""
        began, events, position = time.perf_counter(), 0, 0
        with self._app.database.connect() as connection:
            upto = self._app.log.settled(connection)
            while page := self._app.log.read_between(connection, position, upto, _PAGE):
                events += sum(1 for logged in page if self._app.mapper.to_domain_event(logged.event))
                position = page[-1].position
        return events / (time.perf_counter() - began)

    def checkpoint(self) -> None:
        assert self._app.history is not None
        self._app.history.keep(datetime.now(UTC))

    def answered(self, at: At) -> float:
        began = time.perf_counter()
        with self._app.past(self.workspace_id, at, datetime.now(UTC)) as now:
            self._app.list_members(self.workspace_id, now, 50, None)
        return time.perf_counter() - began

    def moments(self, number: int) -> list[At]:
        """Spread over all of it."""
        rows = self._app.database.all(
            "SELECT notification_id AS position FROM stored_events WHERE originator_id = %s ORDER BY 1", self.workspace_id
        )
        return [At(position=rows[len(rows) * step // (number + 1)]["position"]) for step in range(1, number + 1)]

    def _count(self) -> int:
        row = self._app.database.one(
            "SELECT count(*) AS events FROM stored_events JOIN streams ON stream_id = originator_id WHERE scope = %s", self.workspace_id
        )
        return int(row["events"]) if row else 0

    def _filled(self, events: int) -> UUID:
        workspace = Workspace(name="Vision", slug="vision", personal=False, owner_id=self._id())
        workspace.join(workspace.owner_id, "admin", limit=0, now=datetime.now(UTC))
        people, waiting = [self._id() for _ in range(_PEOPLE)], list[Invitation]()
        for number in range(events // _A_STAY):
            waiting.append(self._joined(workspace, people[number % _PEOPLE], number))
            if len(waiting) == _A_SAVE:
                self._app.save(workspace, *waiting)
                waiting.clear()
        self._app.save(workspace, *waiting)
        return workspace.id

    def _joined(self, workspace: Workspace, account_id: UUID, number: int) -> Invitation:
        """Whoever was here before comes once more."""
        now = datetime.now(UTC)
        terms = Terms(
            workspace_version=workspace.version, role="viewer", invited_by=workspace.owner_id, expires_at=now + timedelta(days=14)
        )
        address_id = self._id()
        if workspace.role_of(account_id, now):
            workspace.remove(account_id)
        invitation = Invitation.sent(workspace.id, address_id, f"p{number}@example.org", terms)
        invitation.accept(account_id, [address_id], 1, now, already_member=False)
        workspace.join(account_id, "viewer", 0, now, invitation.id)
        return invitation

    def _id(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)


def _first(how: str, vision: Vision, rounds: int, goal: float | None) -> Result:
    """Of moments all over the history, by position and by time; the slowest counts."""
    seconds = [_slowest(vision, rounds, at) for at in (lambda at: at, lambda at: At(time=_time(vision, at)))]
    what = f"first page of members as they were at some moment of {vision.events:,} events, {how}; the slower of by position and by time"
    every = [one for each in seconds for one in each]
    detail = f"by position {median(seconds[0]):.3f} s, by time {median(seconds[1]):.3f} s"
    return Result("history", what, max(map(median, seconds)), "s", (min(every), max(every)), detail, goal, upper=True)


def _slowest(vision: Vision, rounds: int, meant: Callable[[At], At]) -> list[float]:
    return [vision.answered(meant(at)) for at in vision.moments(rounds)]


def _time(vision: Vision, at: At) -> datetime:
    history = vision._app.history
    assert history is not None
    return history.moment(vision.workspace_id, at, datetime.now(UTC))
