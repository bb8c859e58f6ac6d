"""How a report changes the record of its run. Every statement may run twice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from services.chassis.database import Database

# A report that lags behind what is known (its step is lower) changes nothing but the time; parts of one step come in any order.
_REPORT = """INSERT INTO experiments AS known
    (id, workspace_id, account_id, repo_url, baseline_sha, name, subdir, client, message, status, step, params, metrics, truncated,
     experiment_rev, pushed, started_at, updated_at, finished_at)
    VALUES (%(id)s, %(workspace_id)s, %(account_id)s, %(repo_url)s, %(baseline_sha)s, %(name)s, %(subdir)s, %(client)s, %(message)s,
     %(status)s, %(step)s, %(params)s, %(metrics)s, %(truncated)s, %(experiment_rev)s, false, %(now)s, %(now)s, %(finished_at)s)
    ON CONFLICT (id) DO UPDATE SET
     account_id = excluded.account_id,
     subdir = coalesce(excluded.subdir, known.subdir),
     client = excluded.client,
     message = coalesce(excluded.message, known.message),
     status = CASE WHEN %(type)s = 'data' THEN known.status ELSE excluded.status END,
     step = greatest(known.step, excluded.step),
     params = CASE WHEN excluded.step < known.step THEN known.params
       WHEN length((known.params || excluded.params)::text) > %(most)s THEN excluded.params ELSE known.params || excluded.params END,
     metrics = CASE WHEN excluded.step < known.step THEN known.metrics
       WHEN length((known.metrics || excluded.metrics)::text) > %(most)s THEN excluded.metrics ELSE known.metrics || excluded.metrics END,
     truncated = known.truncated OR excluded.truncated,
     experiment_rev = coalesce(excluded.experiment_rev, known.experiment_rev),
     updated_at = excluded.updated_at,
     finished_at = CASE WHEN %(type)s = 'data' THEN known.finished_at ELSE excluded.finished_at END
    RETURNING xmax = 0 AS fresh"""

# An experiment that was pushed without ever having reported is one that has ended.
_PUSHED = """INSERT INTO experiments AS known
    (id, workspace_id, account_id, repo_url, baseline_sha, name, client, status, params, metrics, truncated, pushed,
     started_at, updated_at, finished_at)
    VALUES (%(id)s, %(workspace_id)s, %(account_id)s, %(repo_url)s, %(baseline_sha)s, %(name)s, 'dvc', 'done', '{}', '{}', false, true,
     %(now)s, %(now)s, %(now)s)
    ON CONFLICT (id) DO UPDATE SET pushed = true, updated_at = excluded.updated_at
    RETURNING xmax = 0 AS fresh"""

_BEYOND = """DELETE FROM experiments WHERE id IN
    (SELECT id FROM experiments WHERE workspace_id = %s ORDER BY updated_at DESC, id OFFSET %s)"""


class Records:
    def __init__(self, db: Database) -> None:
        self._db = db

    def report(self, values: dict[str, Any], most: int) -> bool:
        """Returns whether the run was unknown; ``most``: characters that params and metrics may have each."""
        named = values | {"params": Jsonb(values["params"]), "metrics": Jsonb(values["metrics"]), "most": most}
        return self._write(_REPORT, named)

    def known(self, id: UUID) -> bool:
        return self._db.one("SELECT id FROM experiments WHERE id = %s", id) is not None

    def pushed(self, values: dict[str, Any]) -> bool:
        return self._write(_PUSHED, values)

    def withdrawn(self, id: UUID) -> None:
        self._db.run("UPDATE experiments SET pushed = false WHERE id = %s", id)

    def keep(self, workspace_id: UUID, number: int) -> None:
        """Removes what has been silent for longest."""
        self._db.run(_BEYOND, workspace_id, number)

    def remove_before(self, moment: datetime) -> None:
        self._db.run("DELETE FROM experiments WHERE updated_at <= %s", moment)

    def forget_workspace(self, workspace_id: UUID) -> None:
        self._db.run("DELETE FROM experiments WHERE workspace_id = %s", workspace_id)

    def forget_account(self, account_id: UUID) -> None:
        self._db.run("UPDATE experiments SET account_id = NULL WHERE account_id = %s", account_id)

    def _write(self, statement: str, values: dict[str, Any]) -> bool:
        with self._db.connection() as connection:
            row = connection.execute(statement.encode(), values).fetchone()
        return bool(row and row["fresh"])
