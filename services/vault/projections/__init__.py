"""Rows of what was saved, one module for each thing they are about."""

from services.chassis.projections import Projection
from services.vault.projections.cloud_credentials import CloudCredentials
from services.vault.projections.configurations import Configurations, ConfigurationStreams
from services.vault.projections.storage_access import StorageAccesses

REPLAYED: tuple[type[Projection], ...] = (Configurations,)
OWN: tuple[type[Projection], ...] = (CloudCredentials, Configurations, StorageAccesses, ConfigurationStreams)
