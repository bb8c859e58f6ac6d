"""What the logs say, and whether everything that follows from them says the same."""

from typing import Any

from gatehouse import admin, registry
from services.chassis.application import Application
from services.chassis.database import Database
from services.chassis.projections import Projection
from services.chassis.public import PublicEvent
from services.chassis.publiclog import PublicLog
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.chassis.spec import ServiceSpec
from services.chassis.views import Table
from tests.kit.installations import Installation
from tests.servers import eventually

Positions = dict[str, dict[str, int]]


class Truth:
    def __init__(self, cluster: Installation) -> None:
        self._cluster = cluster
        self._installation = admin.Installation(Settings.load(cluster.environ))
        self._read: dict[str, list[PublicEvent]] = {}

    def close(self) -> None:
        self._installation.close()

    def app(self, service: str) -> Application:
        return self._installation.app(service)

    def db(self, service: str) -> Database:
        db = self.app(service).db
        assert db is not None
        return db

    def events(self, service: str, *kinds: str, after: int = 0) -> list[PublicEvent]:
        return [event for event in self._log(service) if event.position > after and (not kinds or event.type in kinds)]

    def head(self, service: str) -> int:
        return log[-1].position if (log := self._log(service)) else 0

    def _log(self, service: str) -> list[PublicEvent]:
        """What is known of it is not read again."""
        known = self._read.setdefault(service, [])
        while page := PublicLog(self.app(service)).after(known[-1].position if known else 0, 1000):
            known += page
        return known

    def position(self, service: str, consumer: str, source: str) -> int:
        row = self.db(service).one("SELECT position FROM positions WHERE consumer = %s AND source = %s", consumer, source)
        return int(row["position"]) if row else 0

    def journal(self) -> list[str]:
        return [row["id"] for row in self.db("audit").all("SELECT id FROM journal ORDER BY source, position")]

    def behind(self) -> Positions:
        """Every follower of a log that has not seen all of it, with how many positions it lacks."""
        heads = {name: self.head(name) for name in registry.SERVICES}
        followers = [(name, "publisher", name) for name in registry.SERVICES]
        for spec in registry.specs():
            followers += [(spec.name, consumer.name, source) for consumer in (*spec.bus, *spec.reactions) for source in consumer.sources]
        lacking: Positions = {}
        for service, consumer, source in followers:
            if missing := heads[source] - self.position(service, consumer, source):
                lacking.setdefault(f"{service}.{consumer}", {})[source] = missing
        return lacking

    def await_calm(self) -> None:
        """Until everything written has arrived everywhere, and what reactions wrote on hearing of it as well."""

        def calm() -> bool:
            if lacking := self.behind():
                raise AssertionError(f"still behind: {lacking}")
            return True

        eventually(calm, within=40)

    def check(self) -> None:
        """Nothing is lost and nothing doubled, in no view, not in the journal, not among mails and reactions."""
        self.await_calm()
        self._check_journal()
        self._check_reactions()
        self._check_mails()
        for spec in registry.specs():
            self._check_projections(spec)

    def _check_journal(self) -> None:
        every = [event.id for name in sorted(registry.SERVICES) for event in self.events(name)]
        assert self.journal() == every

    def _check_reactions(self) -> None:
        registered = [event.subject for event in self.events("identity", "identity.account.registered")]
        personal = [event.causation_id for event in self.events("workspaces", "workspaces.workspace.created") if event.data.get("personal")]
        assert len(personal) == len(registered) == len(set(personal))

    def _check_mails(self) -> None:
        invited = {f"invitation-{event.id.replace(':', '-')}" for event in self.events("workspaces", "workspaces.member.invited")}
        sent = [path.stem for path in self._cluster.outbox.glob("invitation-*.eml")]
        assert sorted(sent) == sorted(invited)

    def _check_projections(self, spec: ServiceSpec) -> None:
        for projection in spec.projections:
            while (same := self._is_as_rebuilt(spec.name, projection)) is None:
                self.await_calm()
            assert same, f"{spec.name}.{projection.name} differs from its rebuild"

    def _is_as_rebuilt(self, service: str, projection: type[Projection]) -> bool | None:
        """None if anything was written meanwhile: gateways report what is used whenever they like."""
        known, live = self._written(), self.rows(service, *projection.tables)
        Rebuild(self.app(service), projection, self._installation.logs).run()
        rebuilt = self.rows(service, *projection.tables)
        return rebuilt == live if self._written() == known else None

    def _written(self) -> dict[str, int | None]:
        return {name: self.app(name).log.max_notification_id() for name in registry.SERVICES}

    def rows(self, service: str, *tables: Table) -> dict[str, list[Any]]:
        db = self.db(service)
        return {table.name: [row["row"] for row in db.all(f"SELECT t::text AS row FROM {table.name} t ORDER BY 1")] for table in tables}
