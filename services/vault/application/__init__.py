"""Every use case of this service, one module for each thing they are about."""

from services.vault.application.erasure import Erasure
from services.vault.application.served_configurations import ServesConfigurations


class Vault(ServesConfigurations, Erasure):
    name = "vault"


__all__ = ["Vault"]
