"""Starting baselines beside an installation, on the same servers."""

from bench.installation import Installation
from bench.processes import await_answer
from tests.servers import free_port

_RUN = ("-m", "bench.baselines.run")


def web(made: Installation, module: str, service: str) -> str:
    """Its URL."""
    port = free_port()
    environ = {"AMQP_URL": made.amqp_url, "HTTP": f"127.0.0.1:{port}"}
    made.processes.start(f"bare {service}", [*_RUN, f"bench.baselines.{module}", service], environ)
    await_answer(f"http://127.0.0.1:{port}/healthz")
    return f"http://127.0.0.1:{port}"


def service(made: Installation, module: str, name: str, database_url: str) -> None:
    environ = {"AMQP_URL": made.amqp_url, "DATABASE_URL": database_url}
    made.processes.start(f"bare {name}", [*_RUN, f"bench.baselines.{module}", name], environ)
