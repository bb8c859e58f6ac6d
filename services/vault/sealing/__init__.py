"""Envelope encryption: a data key for each version of each record, wrapped by the installation's master key."""

from services.vault.sealing.envelope import Envelope, Record
from services.vault.sealing.keychain import Keychain
from services.vault.sealing.masterkey import MasterKey
from services.vault.sealing.rotation import Rotation
from services.vault.sealing.sealing import MemorySealing, PostgresSealing, Sealing
from services.vault.sealing.tables import master_keys, sealed

__all__ = [
    "Envelope",
    "Keychain",
    "MasterKey",
    "MemorySealing",
    "PostgresSealing",
    "Record",
    "Rotation",
    "Sealing",
    "master_keys",
    "sealed",
]
