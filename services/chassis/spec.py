"""What a service is made of, for whoever starts it."""

from dataclasses import dataclass

from services.chassis.application import Application
from services.chassis.projections import Projection
from services.chassis.reactions import Reaction
from services.chassis.service import Service
from services.chassis.views import Table


@dataclass(frozen=True, kw_only=True)
class ServiceSpec:
    service: type[Service]
    application: type[Application]
    bus: tuple[type[Projection], ...] = ()
    reactions: tuple[type[Reaction], ...] = ()
    # Tables beside the log, which no projection fills and no rebuild touches.
    side: tuple[Table, ...] = ()

    @property
    def name(self) -> str:
        return self.application.name

    @property
    def projections(self) -> tuple[type[Projection], ...]:
        return (*self.application.projections, *self.bus)

    @property
    def tables(self) -> list[Table]:
        return [*(table for projection in self.projections for table in projection.tables), *self.side]
