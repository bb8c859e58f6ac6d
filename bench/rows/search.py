"""An auditor searches in ten million entries of a year."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from bench.measure import SEED, Result, percentile
from bench.servers import Servers
from services.audit.application import Audit
from services.audit.service import SPEC, AuditService
from services.audit.views import journal
from services.chassis import schema
from services.chassis.settings import Settings
from services.chassis.views import Row, month

ENTRIES = 10_000_000
SEARCHES = 2_000
GOAL = 100.0
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
TYPES = (
    "identity.session.started",
    "identity.session.ended",
    "identity.token.created",
    "workspaces.member.invited",
    "workspaces.member.joined",
    "workspaces.member.role_changed",
    "workspaces.member.removed",
    "workspaces.workspace.renamed",
    "authz.resources.changed",
    "authz.rule.changed",
    "authz.group.members_changed",
    "vault.secret.used",
    "audit.attempt.refused",
)
WORKSPACES, ACCOUNTS, WORDS = 2_000, 20_000, 50_000

# Few have much and many have little: the largest workspace has every twelfth entry, the busiest account every sixteenth.
_FILL = """INSERT INTO journal (source, position, id, time, type, version, subject, workspace_id, account_id, actor, credential_id,
    operator, ip, user_agent, correlation_id, changes, words, leaf, previous, hash)
SELECT 'workspaces', n, 'workspaces:' || n, %s::timestamptz + n * %s::interval, kind, 1,
    CASE WHEN kind LIKE 'workspaces.%%' THEN workspace ELSE md5('s' || n / 5) END, workspace::uuid, CASE WHEN n %% 3 > 0 THEN account END,
    actor, md5('c' || actor), n %% 5000 = 0, ip, 'clearml/1.16', md5('r' || n / 3),
    jsonb_build_object('account_id', account, 'role', 'editor', 'name', word || ' ' || rare),
    concat_ws(' ', replace(kind, '.', ' '), ip, 'clearml', '1.16', account, 'editor', word, rare), n - 1, hash, hash
FROM generate_series(%s::bigint, %s::bigint) AS n,
    LATERAL (SELECT power(hashint8extended(n, 1) / 18446744073709551616.0 + 0.5, 3) AS a,
        power(hashint8extended(n, 2) / 18446744073709551616.0 + 0.5, 3.5) AS b, hashint8extended(n, 3) / 18446744073709551616.0 + 0.5 AS c,
        hashint8extended(n, 4) / 18446744073709551616.0 + 0.5 AS d) AS random,
    LATERAL (SELECT md5('w' || floor(a * %s))::uuid::text AS workspace, md5('a' || floor(b * %s))::uuid::text AS actor,
        md5('a' || floor(c * %s))::uuid::text AS account,
        (%s::text[])[1 + floor(power(d, 2) * %s)::int] AS kind, '10.0.' || floor(c * 250) || '.' || floor(d * 250) AS ip,
        'common' || floor(a * 100) AS word, 'rare' || floor(c * %s) AS rare, sha256(n::text::bytea) AS hash) AS made"""
_CHUNK = 500_000


def run(servers: Servers, quick: bool) -> list[Result]:
    app = Audit.connect(Settings(database_url=servers.database(), amqp_url="none", secret_key="k" * 32))
    try:
        schema.create(app.database, SPEC.tables)
        entries = ENTRIES // 50 if quick else ENTRIES
        _fill(app, entries)
        return [_measured(app, entries, SEARCHES // 10 if quick else SEARCHES)]
    finally:
        app.close()


def _fill(app: Audit, entries: int) -> None:
    """Without its indexes, which are made afterwards: much faster, and the same."""
    with app.database.connect() as connection:
        for number in range(len(journal.indexes)):
            connection.execute(f"DROP INDEX journal_{number}".encode())
        start = BEGAN
        while start <= BEGAN + YEAR:
            journal.make_room(connection, [{"time": start}])
            start = month(start)[1]
        shape = [WORKSPACES, ACCOUNTS, ACCOUNTS, list(TYPES), len(TYPES), WORDS]
        for first in range(1, entries, _CHUNK):
            connection.execute(_FILL.encode(), [BEGAN, YEAR / (entries + 1), first, min(first + _CHUNK - 1, entries), *shape])
        connection.execute("SET maintenance_work_mem = '512MB'")
        journal.index(connection)
        connection.execute("VACUUM ANALYZE journal")


def _measured(app: Audit, entries: int, searches: int) -> Result:
    service = AuditService()
    service.app, service.clock = app, lambda: datetime.now(UTC)
    taken: dict[str, list[float]] = {}
    found = 0
    for name, query in _searches(app, searches):
        began = time.perf_counter()
        found += len(service.list_entries(query)["items"])
        taken.setdefault(name, []).append((time.perf_counter() - began) * 1000)
    times = [each for those in taken.values() for each in those]
    assert found > searches, "the searches hardly find anything"
    slowest = max(taken, key=lambda name: percentile(taken[name], 95))
    detail = f"p50 {percentile(times, 50):.1f} ms, longest {max(times):.0f} ms of {len(times):,}; slowest kind: {slowest}"
    what = f"search in {entries:,} entries, a page of 50: p99"
    return Result("search", what, percentile(times, 99), "ms", (min(times), max(times)), detail, GOAL, upper=True)


def _searches(app: Audit, count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of entries that exist, chosen at random: so the busy ones are asked for as often as they act."""
    random = Random(SEED)
    last = app.database.one("SELECT max(position) AS position FROM journal")
    assert last is not None
    for number in range(count):
        row = app.database.one("SELECT * FROM journal WHERE position = %s", random.randint(1, last["position"]))
        assert row is not None
        name = list(KINDS)[number % len(KINDS)]
        yield name, {name: value for name, value in KINDS[name](row).items() if value is not None}


def _in(row: Row, **more: Any) -> dict[str, Any]:
    return {"workspace_id": str(row["workspace_id"]), **more}


def _all(row: Row, **more: Any) -> dict[str, Any]:
    return {"everything": True, **more}


def _kind(row: Row) -> str:
    return f"{row['type'].rpartition('.')[0]}.*"


def _later(row: Row) -> str:
    return str(row["time"].isoformat())


KINDS: dict[str, Callable[[Row], dict[str, Any]]] = {
    "workspace": lambda row: _in(row),
    "workspace, newest first": lambda row: _in(row, order="newest"),
    "workspace, type": lambda row: _in(row, type=row["type"], order="newest"),
    "workspace, kind of type, time": lambda row: _in(row, type=_kind(row), **{"from": _later(row)}),
    "workspace, actor": lambda row: _in(row, actor=row["actor"]),
    "workspace, actor, type": lambda row: _in(row, actor=row["actor"], type=row["type"]),
    "workspace, subject": lambda row: _in(row, subject=row["subject"]),
    "workspace, frequent word": lambda row: _in(row, q=row["words"].split()[-2]),
    "workspace, rare word": lambda row: _in(row, q=row["words"].split()[-1], order="newest"),
    "workspace, words of two kinds": lambda row: _in(row, q=f"{row['ip']} editor"),
    "account": lambda row: {"account_id": row["actor"], "order": "newest"},
    "correlation": lambda row: _all(row, correlation=row["correlation_id"]),
    "everything, type, time": lambda row: _all(row, type=row["type"], **{"from": _later(row)}),
    "everything, operator": lambda row: _all(row, operator=True, order="newest"),
    "everything, rare word": lambda row: _all(row, q=row["words"].split()[-1]),
    "everything, unknown word": lambda row: _all(row, q="nosuchword"),
}
