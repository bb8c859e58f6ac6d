"""The public events of this service, one module for each thing they are about. None ever holds a value that is kept here."""

from services.vault.events import cloud_credentials, configurations, secrets, storage_access
from services.vault.events.public import PUBLIC

__all__ = ["PUBLIC", "cloud_credentials", "configurations", "secrets", "storage_access"]
