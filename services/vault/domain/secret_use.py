from uuid import UUID

from services.chassis.domain import Aggregate, event


class SecretUse(Aggregate):
    """Somebody was given a secret. Each time has a stream of its own, so that many at once wait for nobody."""

    TOPIC = "vault.secret_use"

    class Created(Aggregate.Created):
        TOPIC = "vault.secret.used"
        kind: str
        record_id: UUID
        owner_id: UUID | None
        workspace_id: UUID | None
        use: str
        link_id: UUID | None

    @event(Created)
    def __init__(
        self, kind: str, record_id: UUID, owner_id: UUID | None, workspace_id: UUID | None, use: str, link_id: UUID | None
    ) -> None:
        self.kind, self.record_id, self.use, self.link_id = kind, record_id, use, link_id
