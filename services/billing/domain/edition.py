from uuid import NAMESPACE_URL, UUID, uuid5

from services.chassis.domain import Aggregate, event


class Edition(Aggregate):
    """One version of the catalogue, from the first sale on: what it says must not change any more."""

    TOPIC = "billing.edition"

    class Created(Aggregate.Created):
        TOPIC = "billing.catalogue.published"
        number: int
        digest: str

    @event(Created)
    def __init__(self, number: int, digest: str) -> None:
        self.number, self.digest = number, digest

    @staticmethod
    def create_id(number: int) -> UUID:
        return uuid5(NAMESPACE_URL, f"/billing/catalogue/{number}")
