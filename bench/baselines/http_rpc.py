"""HTTP → nameko RPC → INSERT and commit, with nothing around it."""

import uuid
from typing import Any

from flask import Flask, jsonify, request
from nameko.containers import WorkerContext
from nameko.extensions import DependencyProvider
from nameko.rpc import RpcProxy, rpc
from psycopg_pool import ConnectionPool

from bench.baselines.web import Web, empty_app

TABLE = "CREATE TABLE invitations (id uuid PRIMARY KEY, workspace_id uuid NOT NULL, email text NOT NULL, role text NOT NULL)"
TEXTS = "CREATE TABLE texts (id uuid PRIMARY KEY, workspace_id uuid NOT NULL, said text NOT NULL)"
_INSERT_TEXT = "INSERT INTO texts VALUES (%s, %s, %s)"
_INSERT = "INSERT INTO invitations VALUES (%s, %s, %s, %s)"


class InvitingWeb(Web):
    # nameko names the calls of a worker after its entrypoint's method.
    method_name = "invite"

    def setup(self) -> None:
        self.app = _routed(empty_app("bare"), self)

    def proxy(self) -> Any:
        provider = next(each for each in self.container.dependencies if isinstance(each, RpcProxy))
        return provider.get_dependency(WorkerContext(self.container, None, self))


def _routed(app: Flask, web: InvitingWeb) -> Flask:
    @app.post("/v1/workspaces/<workspace_id>/invitations")
    def invite(workspace_id: str) -> Any:
        return jsonify(web.proxy().insert({"workspace_id": workspace_id, **request.get_json()})), 201

    @app.post("/v1/workspaces/<workspace_id>/cloud-credentials")
    def save(workspace_id: str) -> Any:
        return jsonify(web.proxy().save({"workspace_id": workspace_id, "said": request.get_data(as_text=True)})), 201

    return app


class BareGateway:
    name = "bare_gateway"

    rows = RpcProxy("rows")
    web = InvitingWeb()


class Pool(DependencyProvider):
    def setup(self) -> None:
        self.pool = ConnectionPool(self.container.config["DATABASE_URL"], min_size=1, max_size=8, kwargs={"autocommit": True})

    def stop(self) -> None:
        self.pool.close()

    def get_dependency(self, worker_ctx: Any) -> ConnectionPool:
        return self.pool


class BareService:
    name = "rows"

    pool = Pool()

    @rpc
    def insert(self, payload: dict[str, str]) -> dict[str, str]:
        row = {"id": str(uuid.uuid4()), **payload}
        with self.pool.connection() as connection:
            connection.execute(_INSERT, (row["id"], row["workspace_id"], row["email"], row["role"]))
        return row

    @rpc
    def save(self, payload: dict[str, str]) -> dict[str, str]:
        id = str(uuid.uuid4())
        with self.pool.connection() as connection:
            connection.execute(_INSERT_TEXT, (id, payload["workspace_id"], payload["said"]))
        return {"id": id}
