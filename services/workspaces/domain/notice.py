from uuid import UUID, uuid5

from services.chassis.domain import Aggregate, event


class Notice(Aggregate):
    """That a notice was read. The notices themselves are what other events say, so only this needs a stream."""

    TOPIC = "workspaces.notice"

    class Created(Aggregate.Created):
        TOPIC = "workspaces.notice.read"
        notice_id: UUID

    @event(Created)
    def __init__(self, notice_id: UUID) -> None:
        self.notice_id = notice_id

    @staticmethod
    def create_id(notice_id: UUID) -> UUID:
        return uuid5(notice_id, "read")
