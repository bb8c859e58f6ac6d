import re
import unicodedata
from typing import Self
from uuid import NAMESPACE_URL, UUID, uuid5

from services.chassis.domain import Aggregate, event
from services.chassis.errors import Conflict

# Personal workspaces are named after their own id; no other may look like one.
RESERVED = "personal-"


class Slug(Aggregate):
    """A workspace's name in addresses. One stream a slug, so that no two workspaces can hold it."""

    TOPIC = "workspaces.slug"

    class Created(Aggregate.Created):
        TOPIC = "workspaces.slug.claimed"
        slug: str
        workspace_id: UUID

    class Reclaimed(Aggregate.Event):
        TOPIC = "workspaces.slug.reclaimed"
        workspace_id: UUID

    class Released(Aggregate.Event):
        TOPIC = "workspaces.slug.released"

    @event(Created)
    def __init__(self, slug: str, workspace_id: UUID) -> None:
        self.slug = slug
        self.workspace_id: UUID | None = workspace_id

    @staticmethod
    def create_id(slug: str) -> UUID:
        return uuid5(NAMESPACE_URL, f"/workspaces/slugs/{slug}")

    @classmethod
    def claimed(cls, slug: str, workspace_id: UUID) -> Self:
        """The first claim ever on this slug."""
        if slug.startswith(RESERVED):
            raise _taken()
        return cls(slug=slug, workspace_id=workspace_id)

    def claim(self, workspace_id: UUID) -> None:
        if self.workspace_id is not None:
            raise _taken()
        self._reclaimed(workspace_id=workspace_id)

    def release(self, workspace_id: UUID) -> None:
        if self.workspace_id == workspace_id:
            self._released()

    @event(Reclaimed)
    def _reclaimed(self, workspace_id: UUID) -> None:
        self.workspace_id = workspace_id

    @event(Released)
    def _released(self) -> None:
        self.workspace_id = None


def _taken() -> Conflict:
    return Conflict("slug_taken", "choose another slug")


def slugify(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return re.sub(f"^({RESERVED})+", "", words)[:40].strip("-") or "workspace"


def personal_slug(workspace_id: UUID) -> str:
    return f"{RESERVED}{workspace_id.hex}"
