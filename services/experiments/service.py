"""The entrypoints of this service."""

from typing import Any

from services.chassis.rpc import Clock, EventSourced, rpc
from services.chassis.schemas import made
from services.chassis.service import Service
from services.chassis.spec import ServiceSpec
from services.experiments import schemas
from services.experiments.application import Experiments
from services.experiments.projections import Closings
from services.experiments.reactions import Endings
from services.experiments.views import experiments

Payload = dict[str, Any]


class ExperimentsService(Service):
    name = "experiments"

    app = EventSourced(Experiments)
    clock = Clock()

    @rpc
    def report(self, payload: Payload) -> Payload:
        report = made(schemas.Report).load(payload)
        return made(schemas.IdAnswer).dump({"id": self.app.report(now=self.clock(), **report)})

    @rpc
    def pushes(self, payload: Payload) -> Payload:
        self.app.pushes(now=self.clock(), **made(schemas.Pushes).load(payload))
        return {}

    @rpc
    def list_experiments(self, payload: Payload) -> Payload:
        query = made(schemas.ListExperiments).load(payload)
        return made(schemas.ExperimentsAnswer).dump(self.app.list_experiments(now=self.clock(), **query))

    @rpc
    def of_commits(self, payload: Payload) -> Payload:
        query = made(schemas.OfCommits).load(payload)
        query.pop("account_id")
        return made(schemas.OfCommitsAnswer).dump({"items": self.app.of_commits(now=self.clock(), **query)})


SPEC = ServiceSpec(service=ExperimentsService, application=Experiments, bus=(Closings,), reactions=(Endings,), side=(experiments,))
