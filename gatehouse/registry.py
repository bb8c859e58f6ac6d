"""The services Gatehouse is made of; the one place that names them all."""

from importlib import import_module

from services.chassis.spec import ServiceSpec

SERVICES = ("identity", "workspaces", "authz", "audit", "experiments", "vault", "billing")


def spec(name: str) -> ServiceSpec:
    found: ServiceSpec = import_module(f"services.{name}.service").SPEC
    return found


def specs() -> list[ServiceSpec]:
    return [spec(name) for name in SERVICES]
