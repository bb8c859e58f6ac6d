"""What an operator does to an installation from the command line, whichever way it runs."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column
from rich.table import Table as Grid

from gatehouse import registry
from services.audit.application import Audit
from services.chassis import context, positions, rebuild, schema
from services.chassis.application import Application
from services.chassis.consumer import Source
from services.chassis.context import OPERATOR, CallContext
from services.chassis.embedded import EmbeddedPostgres
from services.chassis.projections import Projection
from services.chassis.public import PublicEvent
from services.chassis.settings import SettingError, Settings
from services.chassis.sinks import ReactionSink
from services.chassis.sources import LocalLogs
from services.chassis.spec import ServiceSpec
from services.identity.application import Identity
from services.vault.application import Vault

# Whom the journal names where a command was given: there is nobody signed in.
ACTOR = "system:command-line"
# Wide where nobody looks: a program that reads the output must find names and ids whole.
console = Console(width=None if sys.stdout.isatty() else 240)


def is_embedded(environ: Mapping[str, str]) -> bool:
    return not any(name == "DATABASE_URL" or name.endswith("_DATABASE_URL") for name in environ)


@contextmanager
def opened(environ: Mapping[str, str]) -> Iterator["Installation"]:
    """The installation these settings name; an embedded one is started for the time being unless it runs already."""
    if not is_embedded(environ):
        settings = Settings.load(environ)
        yield from _opened(settings)
        return
    settings = Settings.load(environ, embedded=True)
    with EmbeddedPostgres(settings.state / "postgres") as server:
        yield from _opened(replace(settings, database_url=server.url))


def _opened(settings: Settings) -> Iterator["Installation"]:
    installation = Installation(settings)
    try:
        yield installation
    finally:
        installation.close()


@contextmanager
def acting() -> Iterator[None]:
    """What is done inside is on record as an operator's, from the command line."""
    with context.use(CallContext(actor_id=ACTOR, operator=OPERATOR, correlation_id=context.current().correlation_id)):
        yield


class Installation:
    """All services' own code over their own databases; the logs of others are read through that code, never their tables."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._apps: dict[str, Application] = {}
        self.logs: Source = LocalLogs(self.app)

    def app(self, service: str) -> Application:
        if service not in self._apps:
            self._apps[service] = registry.spec(service).application.connect(self._settings)
            self._apps[service].check_settings()
        return self._apps[service]

    def close(self) -> None:
        for app in self._apps.values():
            app.close()

    def migrate(self) -> Iterator[str]:
        """Any number of processes may do this at once: one of them does, the others wait and then find it done."""
        with schema.turn(self.app(registry.SERVICES[0]).database):
            for spec in registry.specs():
                schema.create(self.app(spec.name).database, spec.tables)
                yield f"{spec.name}: tables are in place"
            # Only now, since a projection may read the log of any other service.
            for spec, projection in _projections():
                if rebuild.outdated(self.app(spec.name).database, projection):
                    done = rebuild.Rebuild(self.app(spec.name), projection, self.logs).run()
                    yield f"{done.projection}: version {projection.version}, {done.events} events"

    def rebuild(self, names: Sequence[str]) -> None:
        chosen = [(s, p) for s, p in _projections() if not names or f"{s.name}.{p.name}" in names]
        if unknown := set(names) - {f"{s.name}.{p.name}" for s, p in chosen}:
            raise SettingError(f"there is no projection {', '.join(sorted(unknown))}: `gatehouse projections list` shows all")
        for spec, projection in chosen:
            with console.status(f"{spec.name}.{projection.name}") as status:

                def progress(events: int, name: str = f"{spec.name}.{projection.name}") -> None:
                    status.update(f"{name}: {events:,} events")

                done = rebuild.Rebuild(self.app(spec.name), projection, self.logs, progress).run()
            console.print(f"[green]✓[/] {done.projection}: {done.events:,} events, swapped in")

    def show_projections(self) -> None:
        grid = Grid("projection", "version", "fed by", "position")
        for spec, projection in _projections():
            db = self.app(spec.name).database
            row = db.one("SELECT version FROM projection_versions WHERE name = %s", projection.name)
            with db.connection() as connection:
                known = positions.read(connection, projection.name)
            where = ", ".join(f"{source} {known.get(source, 0)}" for source in projection.sources) or "with its log"
            fed = "events" if projection.sources else "the append itself"
            grid.add_row(f"{spec.name}.{projection.name}", str(row["version"]) if row else "not built", fed, where)
        console.print(grid)

    def identity(self) -> Identity:
        app = self.app("identity")
        if not isinstance(app, Identity):
            raise TypeError("identity is another application here")
        return app

    def rotate_signing_key(self) -> str:
        return self.identity().rotate_signing_key(datetime.now(UTC))

    def audit(self) -> Audit:
        app = self.app("audit")
        if not isinstance(app, Audit):
            raise TypeError("audit is another application here")
        return app

    def rotate_audit_key(self) -> str:
        return self.audit().rotate_key(datetime.now(UTC))

    def seal(self, before: datetime, folder: Path, *, forced: bool) -> Iterator[str]:
        with acting():
            for sealed in self.audit().seal(before, folder, datetime.now(UTC), forced=forced):
                yield f"{sealed.month}: {sealed.entries:,} entries in {sealed.path}, SHA-256 of their lines {sealed.sha256}"
                for sink, count in sealed.unacknowledged.items():
                    yield f"{sealed.month}: {count:,} of them were never acknowledged by {sink}"
        yield "every month before that is sealed"

    def rotate_master_key(self) -> Iterator[str]:
        vault = self.app("vault")
        if not isinstance(vault, Vault):
            raise TypeError("the vault is another application here")
        rotation, done = vault.rotation(), 0
        for done in rotation.run():
            yield f"{done} records rewrapped"
        yield f"master key {rotation.key_id}: {done} records rewrapped, {rotation.failed} could not be opened"

    def show_parked(self) -> None:
        grid = Grid(Column("event", no_wrap=True), "type", "reaction", "error", "tries", "since")
        for spec in registry.specs():
            for row in self._parked(spec):
                since = row["parked_at"].isoformat(timespec="seconds")
                name = f"{spec.name}.{row['consumer']}"
                grid.add_row(row["event_id"], row["event"]["type"], name, row["error"], str(row["attempts"]), since)
        console.print(grid if grid.rows else "no event is parked")

    def retry(self, ids: Sequence[str]) -> int:
        """Returns how many failed again."""
        failed = 0
        for spec in registry.specs():
            for row in self._parked(spec):
                if not ids or row["event_id"] in ids:
                    failed += not self._retried(spec, row["consumer"], PublicEvent.from_wire(row["event"]))
        return failed

    def _parked(self, spec: ServiceSpec) -> list[dict[str, Any]]:
        return self.app(spec.name).database.all("SELECT * FROM parked_events ORDER BY parked_at, event_id")

    def _retried(self, spec: ServiceSpec, consumer: str, event: PublicEvent) -> bool:
        app = self.app(spec.name)
        db = app.database
        reaction = next(r for r in spec.reactions if r.name == consumer)
        try:
            with db.transaction():
                db.run("DELETE FROM parked_events WHERE consumer = %s AND event_id = %s", consumer, event.id)
                ReactionSink(reaction(app), db).react(event)
        except Exception as error:
            db.run("UPDATE parked_events SET attempts = attempts + 1, error = %s WHERE event_id = %s", type(error).__name__, event.id)
            console.print(f"[red]✗[/] {event.id} {event.type}: {type(error).__name__}")
            return False
        console.print(f"[green]✓[/] {event.id} {event.type}")
        return True


def _projections() -> list[tuple[ServiceSpec, type[Projection]]]:
    return [(spec, projection) for spec in registry.specs() for projection in spec.projections]
