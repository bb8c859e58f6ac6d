"""Closing a month of 10,000 workspaces of five members and 1,000,000 records of usage: bills worked out, invoices made and saved.

The baseline reads those records and sums them by workspace, in one SQL statement, and does nothing with the sums.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import yaml

from bench.measure import Result, compare
from bench.servers import Servers
from services.billing.application import Billing
from services.billing.domain import BillingInfo, Subscription
from services.billing.service import SPEC
from services.chassis import context, schema
from services.chassis.context import CallContext
from services.chassis.settings import Settings
from tests.builders.billing import CONTACT, version

WORKSPACES, RECORDS, MEMBERS = 10_000, 100, 5
# Of a workspace and second: closing may take twenty times as long as adding up.
GOAL = 1 / 20
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
_BATCH = 200
_WHOSE = "('00000000-0000-4000-8000-' || lpad(to_hex(workspace), 12, '0'))::uuid"
_RECORDS = f"""INSERT INTO usage_records
    SELECT {_WHOSE}, %s::text || '/' || record, 'api_calls', 20 + record, %s + record * interval '6 hours'
    FROM generate_series(1, %s) AS workspace, generate_series(1, %s) AS record"""
_REPORTED = """INSERT INTO usage (workspace_id, metric, at, report_id, quantity)
    SELECT workspace_id, metric, at, workspace_id, quantity FROM usage_records WHERE at >= %s"""
_SUMS = "SELECT workspace_id, metric, sum(quantity) FROM usage_records WHERE at >= %s AND at < %s GROUP BY workspace_id, metric"


def run(servers: Servers, quick: bool) -> list[Result]:
    workspaces, rounds = (WORKSPACES // 10, 1) if quick else (WORKSPACES, 2)
    with TemporaryDirectory() as folder:
        app = Billing.connect(_settings(servers.database(), Path(folder)))
        try:
            schema.create(app.database, SPEC.tables)
            _sell(app, workspaces)
            months = _months(app, workspaces)
            records = workspaces * RECORDS
            what = f"close a month of {workspaces:,} workspaces with {records:,} records of usage; against summing these in one statement"
            return [compare("close", what, GOAL, lambda: _closed(app, next(months)), lambda: _summed(app), rounds, "workspaces/s")]
        finally:
            app.close()


def _settings(database_url: str, folder: Path) -> Settings:
    plans = folder / "plans.yaml"
    plans.write_text(yaml.safe_dump({"versions": [version()]}, sort_keys=False))
    return Settings(database_url=database_url, amqp_url="none", secret_key="k" * 32, plans_file=str(plans))


def _sell(app: Billing, workspaces: int) -> None:
    free, team = app.catalogue.current.offers[:2]
    for first in range(1, workspaces + 1, _BATCH):
        sold = []
        for number in range(first, min(first + _BATCH, workspaces + 1)):
            workspace_id = UUID(f"00000000-0000-4000-8000-{number:012x}")
            subscription = Subscription.start(workspace_id, free, "UTC", START)
            subscription.change(team, MEMBERS, "UTC", START)
            app.ring.introduce(BillingInfo.create_id(workspace_id))
            sold += [subscription, BillingInfo(workspace_id=workspace_id, contact=BillingInfo.personal(workspace_id, CONTACT))]
        app.save(*sold)


def _months(app: Billing, workspaces: int) -> Iterator[datetime]:
    """Each is filled before it is closed: the records of a month lie a quarter of a day apart."""
    while True:
        begins, ends = _period(app)
        app.database.run(_RECORDS, begins.date().isoformat(), begins, workspaces, RECORDS)
        app.database.run(_REPORTED, begins)
        app.database.run("ANALYZE")
        yield ends


def _period(app: Billing) -> tuple[datetime, datetime]:
    row = app.database.one("SELECT min(workspace_id::text)::uuid AS id FROM subscriptions")
    assert row is not None
    found = app.find_subscription(row["id"])
    assert found is not None
    return found.period.begins_at, found.ends_at


def _closed(app: Billing, ends: datetime) -> float:
    """As the worker does it."""
    began = time.perf_counter()
    with context.use(CallContext(correlation_id="close", actor_id="system:billing")):
        closed = app.close_due(ends)
    return closed / (time.perf_counter() - began)


def _summed(app: Billing) -> float:
    """Over the month that was closed just now."""
    ends = _period(app)[0]
    begins = (ends - timedelta(days=1)).replace(day=1)
    with app.database.connect() as connection:
        began = time.perf_counter()
        rows = connection.execute(_SUMS.encode(), (begins, ends)).fetchall()
        return len(rows) / (time.perf_counter() - began)
