import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.chassis.domain import Aggregate, Personal, event
from services.chassis.errors import NotFound, Unprocessable
from services.vault.domain.providers import MASK

_SECRET = ("secret", "session_token")
_PRINTABLE = r"[\x21-\x7e]"
_RULES = {
    "bucket": (r"[A-Za-z0-9][A-Za-z0-9._/-]{0,254}", "A bucket's or container's name."),
    "key": (_PRINTABLE + r"{1,128}", "Up to 128 printable ASCII characters, without blanks or line breaks."),
    "secret": (_PRINTABLE + r"{1,4096}", "Printable ASCII, without blanks or line breaks."),
    "session_token": (_PRINTABLE + r"{1,4096}", "Printable ASCII, without blanks or line breaks."),
    "region": (r"[a-z0-9-]{2,40}", "A region such as us-west-2."),
    "host": (r"(https?://)?[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?/?", "A host such as minio.example.org:9000."),
}


class StorageAccess(Aggregate):
    """What the browser of one person shows to one bucket. What is secret of it is sealed, version by version."""

    TOPIC = "vault.storage_access"

    class Created(Aggregate.Created):
        TOPIC = "vault.storage_access.added"
        owner_id: UUID
        shown: Personal
        sealed_version: int

    class Changed(Aggregate.Event):
        TOPIC = "vault.storage_access.changed"
        owner_id: UUID
        shown: Personal
        sealed_version: int

    class Deleted(Aggregate.Event):
        TOPIC = "vault.storage_access.deleted"
        owner_id: UUID

    @event(Created)
    def __init__(self, owner_id: UUID, shown: Personal, sealed_version: int) -> None:
        self.owner_id, self.shown, self.sealed_version = owner_id, shown, sealed_version
        self.deleted = False

    def check_holder(self, owner_id: UUID) -> None:
        if self.deleted or self.owner_id != owner_id:
            raise NotFound("storage_access_not_found", "there is no storage access with this id")

    def change(self, shown: Personal, sealed_version: int) -> None:
        self._changed(self.owner_id, shown, sealed_version)

    def delete(self) -> None:
        self._deleted(self.owner_id)

    @event(Changed)
    def _changed(self, owner_id: UUID, shown: Personal, sealed_version: int) -> None:
        self.shown, self.sealed_version = shown, sealed_version

    @event(Deleted)
    def _deleted(self, owner_id: UUID) -> None:
        self.deleted = True


def shown_access(values: Mapping[str, str]) -> dict[str, str]:
    return {name: MASK if name in _SECRET else value for name, value in values.items()}


def checked_access(values: Mapping[str, Any], former: Mapping[str, str] | None = None) -> dict[str, str]:
    """A secret alone is a shared access signature. One left out, or masked, stays if bucket, host and key do."""
    given = {name: value for name, value in values.items() if value is not None and value != MASK}
    problems = {name: [_RULES[name][1]] for name, value in given.items() if not re.fullmatch(_RULES[name][0], value, re.ASCII)}
    if former and not any(name in given for name in _SECRET):
        same = all(given.get(name) == former.get(name) for name in ("bucket", "key", "host"))
        given |= {name: former[name] for name in _SECRET if same and name in former}
    if "secret" not in given:
        problems.setdefault("secret", ["Needed: a secret key with its key, or a shared access signature alone."])
    if "session_token" in given and "key" not in given:
        problems.setdefault("session_token", ["Goes with a key and its secret."])
    if problems:
        raise Unprocessable("invalid_fields", "see errors for what is wrong with each field", problems)
    return given
