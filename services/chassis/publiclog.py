"""A service's log as others may see it: its public events in order."""

from services.chassis.application import Application
from services.chassis.public import PublicEvent

MAX_PAGE = 2_000


class PublicLog:
    def __init__(self, app: Application) -> None:
        self._app = app
        self._topics = app.public.topics

    def after(self, position: int, limit: int) -> list[PublicEvent]:
        """Up to ``limit`` events beyond ``position``, which must be 0 or that of a public event: the first one's ``previous`` is it."""
        events: list[PublicEvent] = []
        for logged in self._app.log.read(position, min(limit, MAX_PAGE), topics=self._topics):
            domain_event = self._app.mapper.to_domain_event(logged.event)
            events.append(self._app.public.publish(domain_event, logged.position, position))
            position = logged.position
        return events
