from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.billing.application import Billing
from services.billing.domain.usage import COUNTED, REPEATED, Record
from services.billing.schemas import usage as schemas
from services.chassis.errors import ServiceError
from services.chassis.rpc import rpc
from services.chassis.schemas import made

Payload = dict[str, Any]


class UsageCalls:
    app: Billing
    clock: Callable[[], datetime]

    @rpc
    def report_usage(self, payload: Payload) -> Payload:
        command = made(schemas.ReportUsage).load(payload)
        outcomes = self.app.report_usage(command["workspace_id"], [*map(_record, command["records"])], self.clock())
        refused = [
            {"index": index, "id": _id(raw), "status": error.status, "code": error.code, "detail": error.detail, "errors": error.fields}
            for index, (raw, error) in enumerate(zip(command["records"], outcomes, strict=True))
            if isinstance(error, ServiceError)
        ]
        answer = {"counted": outcomes.count(COUNTED), "repeated": outcomes.count(REPEATED), "refused": refused}
        return made(schemas.ReportAnswer).dump(answer)

    @rpc
    def count_calls(self, payload: Payload) -> Payload:
        """For gateways; a repeat changes nothing."""
        self.app.count_calls(**made(schemas.CountCalls).load(payload), now=self.clock())
        return {}

    @rpc
    def usage(self, payload: Payload) -> Payload:
        query = made(schemas.GetUsage).load(payload)
        return made(schemas.UsageAnswer).dump(self.app.usage(now=self.clock(), **query))

    @rpc
    def usage_reports(self, payload: Payload) -> Payload:
        query = made(schemas.ListReports).load(payload)
        return made(schemas.ReportsAnswer).dump(self.app.usage_reports(now=self.clock(), **query))


def _record(raw: Any) -> Record | ServiceError:
    said = schemas.record(raw)
    return said if isinstance(said, ServiceError) else Record(**said)


def _id(raw: Any) -> str | None:
    """As it was sent, if it can be one."""
    id = raw.get("id") if isinstance(raw, dict) else None
    return id[:100] if isinstance(id, str) else None
