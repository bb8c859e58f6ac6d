"""Rows of what was saved, one module for each thing they are about."""

from services.chassis.projections import Projection
from services.vault.projections.configurations import Configurations

OWN: tuple[type[Projection], ...] = (Configurations,)
