from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.billing.application import Billing
from services.billing.schemas import usage as schemas
from services.chassis.rpc import rpc
from services.chassis.schemas import made

Payload = dict[str, Any]


class UsageCalls:
    app: Billing
    clock: Callable[[], datetime]

    @rpc
    def report_usage(self, payload: Payload) -> Payload:
        command = made(schemas.ReportUsage).load(payload)
        records = [schemas.record(raw) for raw in command["records"]]
        outcomes = self.app.report_usage(command["workspace_id"], records, self.clock())
        answer: Payload = made(schemas.ReportAnswer).dump(outcomes)
        for refused in answer["refused"]:
            refused["id"] = _id(command["records"][refused["index"]])
        return answer

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


def _id(raw: Any) -> str | None:
    """As it was sent, if it can be one."""
    id = raw.get("id") if isinstance(raw, dict) else None
    return id[:100] if isinstance(id, str) else None
