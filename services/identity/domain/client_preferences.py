"""What client programs keep for their person: settings of their own pages, which mean nothing here."""

import json
from typing import Any
from uuid import UUID, uuid5

from services.chassis.domain import Aggregate, Personal, event
from services.chassis.errors import Unprocessable

LONGEST = 32_768


class ClientPreferences(Aggregate):
    """One document for each account, changed path by path."""

    TOPIC = "identity.client_preferences"

    class Created(Aggregate.Created):
        TOPIC = "identity.client_preferences.opened"
        account_id: UUID

    class Changed(Aggregate.Event):
        """Not written any more: it does not say whose they are, so it could not be told to anybody."""

        TOPIC = "identity.client_preferences.changed"
        changes: dict[str, Any]

    class Updated(Aggregate.Event):
        TOPIC = "identity.client_preferences.updated"
        account_id: UUID
        # Values, each Personal, by paths whose parts are joined by dots.
        changes: dict[str, Any]

    @event(Created)
    def __init__(self, account_id: UUID) -> None:
        self.account_id = account_id
        self.document: dict[str, Any] = {}

    @staticmethod
    def create_id(account_id: UUID) -> UUID:
        return uuid5(account_id, "client preferences")

    def change(self, changes: dict[str, Any]) -> bool:
        """Whether anything was changed by it."""
        wanted = _merged(self.document, changes)
        if len(json.dumps(wanted)) > LONGEST:
            raise Unprocessable("preferences_too_large", f"preferences have {LONGEST} characters at most")
        if wanted == self.document:
            return False
        self._updated(self.account_id, {path: Personal(self.account_id, value) for path, value in changes.items()})
        return True

    @event(Changed)
    def _changed(self, changes: dict[str, Any]) -> None:
        self.document = _merged(self.document, _opened(changes))

    @event(Updated)
    def _updated(self, account_id: UUID, changes: dict[str, Any]) -> None:
        self.document = _merged(self.document, _opened(changes))


def _opened(changes: dict[str, Any]) -> dict[str, Any]:
    return {path: personal.value for path, personal in changes.items()}


def _merged(document: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(document))
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = found
        for part in parents:
            inner = place.get(part)
            place[part] = place = inner if isinstance(inner, dict) else {}
        place[last] = value
    return found
