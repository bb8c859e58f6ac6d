"""What is kept here, as it is decided about; never what it says."""

from services.vault.domain.cloud_credential import USES, CloudCredential
from services.vault.domain.configuration import Configuration
from services.vault.domain.reading import Reading
from services.vault.domain.secret_link import SecretLink
from services.vault.domain.secret_use import SecretUse
from services.vault.domain.storage_access import StorageAccess, checked_access, shown_access

__all__ = [
    "USES",
    "CloudCredential",
    "Configuration",
    "Reading",
    "SecretLink",
    "SecretUse",
    "StorageAccess",
    "checked_access",
    "shown_access",
]
