from uuid import NAMESPACE_URL, UUID, uuid5

from services.chassis.domain import Aggregate, event


class Notice(Aggregate):
    """That the payment provider told of something. One stream each: the store refuses what comes again."""

    TOPIC = "billing.notice"

    class Created(Aggregate.Created):
        TOPIC = "billing.webhook.received"
        provider: str
        notice: str
        kind: str
        about: str

    @event(Created)
    def __init__(self, provider: str, notice: str, kind: str, about: str) -> None:
        self.provider, self.notice, self.kind, self.about = provider, notice, kind, about

    @staticmethod
    def create_id(provider: str, notice: str) -> UUID:
        return uuid5(NAMESPACE_URL, f"/billing/notices/{provider}/{notice}")
