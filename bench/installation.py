"""A Gatehouse in distributed mode, one process a service and a worker, with an operator and workspaces to work in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import requests

from bench.processes import GATEHOUSE, Processes, await_answer
from bench.servers import Servers
from gatehouse.registry import SERVICES
from tests.servers import eventually, free_port

SECRET, SETUP, PASSWORD = "k" * 43, "setup-token-of-the-benchmark", "a long enough passphrase"

# Events of workspaces that its publisher has announced and a consumer of them has not applied; a consumer that never ran counts none.
_CONSUMERS = (("workspaces", "mails"), ("authz", "memberships"), ("audit", "journal"))
_LAGS = [
    f"""SELECT count(*) FROM workspaces.positions published JOIN {service}.positions seen ON seen.source = published.source
    WHERE published.consumer = 'publisher' AND seen.consumer = '{consumer}' AND seen.position < published.position"""
    for service, consumer in _CONSUMERS
]


@dataclass(frozen=True)
class Installation:
    url: str
    database_url: str
    amqp_url: str
    environ: dict[str, str]
    processes: Processes
    token: str = ""

    @property
    def bearer(self) -> str:
        return f"Authorization: Bearer {self.token}"

    def workspaces(self, number: int) -> list[str]:
        """The ids of so many new ones."""
        return [self.post("/v1/workspaces", {"name": f"Vision {n}"})["id"] for n in range(number)]

    def second_gateway(self) -> str:
        """Its address; one more process."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        environ = self.environ | {"GATEHOUSE_HTTP": f"127.0.0.1:{port}", "GATEHOUSE_PUBLIC_URL": self.url}
        self.processes.start("serve gateway 2", [*GATEHOUSE, "serve", "gateway"], environ)
        await_answer(f"{url}/readyz")
        return url

    def drain(self) -> None:
        """Returns once every consumer has applied what was published, so that nothing is left to run beside what comes next."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            eventually(lambda: all(connection.execute(lag.encode()).fetchone() == (0,) for lag in _LAGS), within=300, every=0.1)

    def post(self, path: str, body: dict[str, object]) -> dict[str, str]:
        return self._answered(requests.post(self.url + path, json=body, headers=self._headers, timeout=60))

    def get(self, path: str) -> dict[str, str]:
        return self._answered(requests.get(self.url + path, headers=self._headers, timeout=10))

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @staticmethod
    def _answered(answer: requests.Response) -> dict[str, str]:
        answer.raise_for_status()
        return answer.json()


@contextmanager
def distributed(servers: Servers, *, consuming: bool = True, **settings: str) -> Iterator[Installation]:
    """Everything runs; without ``consuming`` the workers only publish, as if whoever consumes had a machine of its own."""
    port = free_port()
    environ = {
        "DATABASE_URL": servers.database(),
        "AMQP_URL": servers.broker(),
        "GATEHOUSE_SECRET_KEY": SECRET,
        "GATEHOUSE_SETUP_TOKEN": SETUP,
        "GATEHOUSE_VAULT_MASTER_KEY": SECRET,
        "GATEHOUSE_HTTP": f"127.0.0.1:{port}",
        "GATEHOUSE_STATE": str(servers.folder / f"state{port}"),
        "GATEHOUSE_LOG_LEVEL": "warning",
        **settings,
    }
    (logs := servers.folder / f"logs{port}").mkdir()
    processes = Processes(logs)
    try:
        yield _running(
            Installation(f"http://127.0.0.1:{port}", environ["DATABASE_URL"], environ["AMQP_URL"], environ, processes), consuming
        )
    finally:
        processes.stop()


def _running(made: Installation, consuming: bool) -> Installation:
    migration = Processes(made.processes.folder)
    migration.start("migrate", [*GATEHOUSE, "migrate"], made.environ)
    migration.wait()
    for service in SERVICES:
        made.processes.start(f"serve {service}", [*GATEHOUSE, "serve", service], made.environ)
    work = [*GATEHOUSE, "work"] if consuming else ["-m", "bench.publishing"]
    for service in SERVICES:
        made.processes.start(f"work {service}", [*work, service], made.environ)
    made.processes.start("serve gateway", [*GATEHOUSE, "serve", "gateway"], made.environ)
    await_answer(f"{made.url}/readyz")
    return _signed_in(made)


def _signed_in(made: Installation) -> Installation:
    person = {"email": "operator@example.org", "password": PASSWORD}

    def signed_up() -> bool:
        return requests.post(f"{made.url}/v1/accounts", json=person | {"setup_token": SETUP}, timeout=10).status_code == 201

    eventually(signed_up, every=0.5)
    answer = requests.post(f"{made.url}/v1/sessions", json=person | {"token": True}, timeout=10)
    answer.raise_for_status()
    return Installation(**{**vars(made), "token": answer.json()["session_token"]})
