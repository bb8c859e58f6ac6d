"""Rows of what was saved, one module for each thing they are about."""

from services.chassis.projections import Projection

OWN: tuple[type[Projection], ...] = ()
