"""A workspace's history, told in the terminal."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rich.text import Text

from gatehouse import sentences
from gatehouse.admin import Installation, acting, console
from services.authz.application import Authz

_PAGE = 200
# However long nothing happened, nobody sits before a terminal for that long.
_LONGEST_PAUSE = 5.0


def tell(
    installation: Installation,
    workspace_id: UUID,
    since: datetime | None,
    until: datetime | None,
    speed: float,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """``speed`` is how many seconds of then pass in one of now; 0 is all at once."""
    period = {"since": _utc(since), "until": _utc(until)}
    with acting():
        installation.audit().note_entries_export(workspace_id, "replay", None, **period)
    before: datetime | None = None
    for row, sentence in _told(installation, workspace_id, period):
        if speed and before is not None:
            sleep(min(max(0.0, (row["time"] - before).total_seconds()) / speed, _LONGEST_PAUSE))
        before = row["time"]
        console.print(Text.assemble((f"{before:%Y-%m-%d %H:%M:%S}", "dim"), "  ", sentence), soft_wrap=True)
    if before is None:
        console.print("nothing is on record of this workspace in that time")


def _told(installation: Installation, workspace_id: UUID, period: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    names = _Names(installation, workspace_id)
    cursor = None
    while True:
        page = installation.audit().views.plain({"workspace_id": workspace_id, **period}, _PAGE, cursor)
        names.learn(page["items"])
        yield from ((row, sentences.sentence(row, names)) for row in page["items"])
        if (cursor := page["next_cursor"]) is None:
            return


class _Names:
    """Of people, from the encrypted store: who was erased has none any more. Of groups, as they are called now."""

    def __init__(self, installation: Installation, workspace_id: UUID) -> None:
        self._installation, self._workspace_id = installation, workspace_id
        self._known: dict[str, str] = {}

    def learn(self, rows: list[Any]) -> None:
        people = [UUID(id) for id in sentences.people(rows) - self._known.keys() if _is_id(id)]
        for profile in self._installation.identity().views.profiles(people):
            self._known[str(profile["account_id"])] = profile["name"] or "erased"
        authz = self._installation.app("authz")
        if isinstance(authz, Authz) and (groups := sentences.groups(rows) - self._known.keys()):
            for group in authz.views.named_groups(self._workspace_id, sorted(groups)):
                self._known[str(group["id"])] = f"“{group['name']}”"

    def __call__(self, id: str) -> str:
        return self._known.get(id, id)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _utc(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time
