from datetime import datetime
from uuid import UUID

from services.billing.domain.offer import API_CALLS
from services.billing.domain.usage import CallCount, Record, UsageReport, amounts
from services.billing.views.usage import usage, usage_records
from services.chassis.projections import Projection, on
from services.chassis.views import Rows


class Usage(Projection):
    name = "usage"
    tables = (usage_records, usage)
    bulky = True

    @on(UsageReport.Created)
    def reported(self, event: UsageReport.Created, rows: Rows) -> None:
        records = [Record.from_dict(said) for said in event.records]
        whose = {"workspace_id": event.workspace_id}
        for record in records:
            rows.put(usage_records, **whose, id=record.id, metric=record.metric, quantity=record.quantity, at=record.at)
        for amount in amounts(records):
            rows.put(usage, **whose, metric=amount.metric, at=amount.at, report_id=event.originator_id, quantity=amount.quantity)

    @on(CallCount.Created)
    def counted(self, event: CallCount.Created, rows: Rows) -> None:
        for count in event.counts:
            rows.put(
                usage,
                workspace_id=UUID(count["workspace_id"]),
                metric=API_CALLS,
                at=datetime.fromisoformat(count["at"]),
                report_id=event.originator_id,
                quantity=count["quantity"],
            )
