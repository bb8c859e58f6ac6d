"""Every use case of this service, one module for each thing they are about."""

from services.vault.application.erasure import Erasure


class Vault(Erasure):
    name = "vault"


__all__ = ["Vault"]
