"""Asking the clouds what a credential may do. They are called at their own addresses: no field of a credential has a say in where."""

from collections.abc import Callable, Mapping, Sequence

from services.chassis.settings import Settings
from services.vault.clouds import aws, gcp

Ask = Callable[[Settings, Mapping[str, str], Sequence[str]], list[str]]
_ASK: dict[str, Ask] = {"aws": aws.missing, "gcp": gcp.missing}


def missing(settings: Settings, provider: str, values: Mapping[str, str], needed: Sequence[str]) -> list[str]:
    """Which of the permissions the cloud would refuse."""
    return _ASK[provider](settings, values, needed)


__all__ = ["missing"]
