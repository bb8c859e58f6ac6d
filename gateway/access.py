"""What this gateway remembers of who may do what, and how it forgets.

A value is remembered with the *scopes* it depends on (a session, an account, a workspace, one member of one) and with
the moment it was asked for. Dropping a scope makes every value of it that was asked for before that moment worthless,
also one whose answer is still on its way.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

V = TypeVar("V")
Scopes = tuple[str, ...]

# Whose events tell that something remembered here has changed; decisions need one ear more, and what clients are served another.
SOURCES = ("identity", "workspaces")
OF_DECISIONS = (*SOURCES, "authz")
OF_VAULTS = (*OF_DECISIONS, "vault")
SILENCE = 2.0
FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Principal:
    """``kind``: session, studio or named (tokens), key_pair (also for JWTs made from one). ``scopes``: what the credential is good
    for, ``workspace_ids``: where; None means everything and everywhere. ``session_id`` is empty for all but sessions, ``jwt_id`` for all
    but JWTs.
    """

    account_id: str
    session_id: str
    address_ids: tuple[str, ...]
    operator: bool
    expires_at: float
    csrf_token: str
    credential_id: str = ""
    kind: str = "session"
    scopes: frozenset[str] | None = None
    workspace_ids: tuple[str, ...] | None = None
    jwt_id: str = ""

    @property
    def depends_on(self) -> Scopes:
        own = (self.session_id or self.credential_id, self.account_id)
        return (*own, self.jwt_id) if self.jwt_id else own


@dataclass(frozen=True, slots=True)
class Decision:
    """``position``: of authz's log, which the decision knows. ``until``: time alone may change it then. ``reason``: why nobody may."""

    allowed: bool
    position: int
    until: float = FOREVER
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's role, and until when."""

    role: str
    until: float = FOREVER


def ending(expires_at: str | None) -> float:
    return datetime.fromisoformat(expires_at).timestamp() if expires_at else FOREVER


def member_scope(workspace_id: str, account_id: str) -> str:
    return f"{workspace_id}/{account_id}"


def member_scopes(workspace_id: str, account_id: str) -> Scopes:
    return (workspace_id, account_id, member_scope(workspace_id, account_id))


def decisions_scope(workspace_id: str) -> str:
    return f"{workspace_id}#decisions"


def vaults_scope(workspace_id: str) -> str:
    return f"{workspace_id}#vaults"


def resource_scope(workspace_id: str, type: str, id: str) -> str:
    return f"{workspace_id}#{type}/{id}"


class Drops:
    """When each scope was last dropped, counted by one clock of its own."""

    def __init__(self, size: int = 20_000) -> None:
        self.now = 0
        self._size = size
        self._floor = 0
        self._last: OrderedDict[str, int] = OrderedDict()

    def drop(self, scope: str) -> None:
        self.now += 1
        self._last[scope] = self.now
        self._last.move_to_end(scope)
        if len(self._last) > self._size:
            # What falls out of the list counts as dropped for everybody: forgetting too much is safe.
            self._floor = self._last.popitem(last=False)[1]

    def drop_all(self) -> None:
        self.now += 1
        self._floor = self.now
        self._last.clear()

    def hit(self, scopes: Scopes, since: int) -> bool:
        """Whether one of the scopes was dropped after ``since``."""
        if since < self._floor:
            return True
        # A loop: this runs several times in every request, and a generator costs as much as all the rest of it.
        for scope in scopes:  # noqa: SIM110
            if self._last.get(scope, 0) > since:
                return True
        return False


class Memory:
    """A bounded map; the least recently used entry goes first. ``sources``: who has to be heard for it to be believed.

    ``size``: of all entries together, each as much as ``weigh`` says.
    """

    def __init__(self, drops: Drops, size: int, sources: tuple[str, ...] = SOURCES, weigh: Callable[[Any], int] = lambda _: 1) -> None:
        self.sources = sources
        self._weigh, self._weight = weigh, 0
        self._drops, self._size = drops, size
        self._entries: OrderedDict[Hashable, tuple[Any, Scopes, int, float]] = OrderedDict()
        self.hits = self.misses = 0

    def recall(self, key: Hashable) -> Any | None:
        entry = self._entries.get(key)
        if entry is None or self._drops.hit(entry[1], entry[2]) or (entry[3] != FOREVER and entry[3] <= time.time()):
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(key)
        return entry[0]

    def remember(self, key: Hashable, value: Any, scopes: Scopes, asked_at: int, until: float = FOREVER) -> None:
        """``until``: when the value stops being true without anybody telling; a membership ends so."""
        if self._drops.hit(scopes, asked_at):
            return
        if key in self._entries:
            self._weight -= self._weigh(self._entries.pop(key)[0])
        self._entries[key] = (value, scopes, asked_at, until)
        self._weight += self._weigh(value)
        while self._weight > self._size:
            self._weight -= self._weigh(self._entries.popitem(last=False)[1][0])

    def __len__(self) -> int:
        return len(self._entries)


class Seen:
    """The highest position of the workspaces' log known here to concern each workspace."""

    def __init__(self, size: int = 20_000) -> None:
        self._size = size
        self._floor = 0
        self._positions: OrderedDict[str, int] = OrderedDict()

    def note(self, workspace_id: str, position: int) -> None:
        if position <= self.of(workspace_id):
            return
        self._positions[workspace_id] = position
        self._positions.move_to_end(workspace_id)
        if len(self._positions) > self._size:
            self.note_all(self._positions.popitem(last=False)[1])

    def note_all(self, position: int) -> None:
        """As if it concerned every workspace."""
        self._floor = max(self._floor, position)

    def of(self, workspace_id: str) -> int:
        return max(self._positions.get(workspace_id, 0), self._floor)


class Access:
    """The memories of a gateway, and whether its ears are good enough to believe them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, size: int = 20_000, served_bytes: int = 2**26) -> None:
        self.drops = Drops(size)
        self.seen = Seen(size)
        self.principals, self.roles = Memory(self.drops, size), Memory(self.drops, size)
        self.decisions = Memory(self.drops, size, OF_DECISIONS)
        self.vaults = Memory(self.drops, served_bytes, OF_VAULTS, len)
        self.bypassed = 0
        self._clock = clock
        self._heard = dict.fromkeys(OF_VAULTS, float("-inf"))

    def heard(self, source: str) -> None:
        if source in self._heard:
            self._heard[source] = self._clock()

    def deaf(self) -> None:
        """The stream of events broke: forget everything, and trust nothing until each source is heard again."""
        self.drops.drop_all()
        self._heard = dict.fromkeys(OF_VAULTS, float("-inf"))

    def silence(self) -> dict[str, float]:
        """Seconds since each source was heard."""
        return {source: self._clock() - heard for source, heard in self._heard.items()}

    def trusted(self, sources: tuple[str, ...] = SOURCES) -> bool:
        since = self._clock() - SILENCE
        for source in sources:  # noqa: SIM110
            if self._heard[source] < since:
                return False
        return True

    def through(
        self,
        memory: Memory,
        key: Hashable,
        ask: Callable[[], V],
        scopes: Callable[[V], Scopes],
        until: Callable[[V], float] = lambda _: FOREVER,
    ) -> V:
        """The remembered value, else the one asked for now; ``None`` is never remembered."""
        if not self.trusted(memory.sources):
            self.bypassed += 1
            return ask()
        found: V | None = memory.recall(key)
        return self._learn(memory, key, ask, scopes, until) if found is None else found

    def _learn(self, memory: Memory, key: Hashable, ask: Callable[[], V], scopes: Callable[[V], Scopes], until: Callable[[V], float]) -> V:
        asked_at = self.drops.now
        value = ask()
        if value is not None and self.trusted(memory.sources):
            memory.remember(key, value, scopes(value), asked_at, until(value))
        return value

    def through_all(
        self,
        memory: Memory,
        keys: Sequence[Hashable],
        ask: Callable[[list[int]], list[V | None]],
        scopes: Callable[[int], Scopes],
        until: Callable[[V], float],
    ) -> list[V | None]:
        """As ``through`` for many keys; ``ask`` and ``scopes`` are given their indexes. What is answered ``None`` is not remembered."""
        believed = self.trusted(memory.sources)
        found: list[V | None] = [memory.recall(key) if believed else None for key in keys]
        missing = [index for index, value in enumerate(found) if value is None]
        if not missing:
            return found
        asked_at, self.bypassed = self.drops.now, self.bypassed + (not believed)
        for index, value in zip(missing, ask(missing), strict=True):
            found[index] = value
            if value is not None and self.trusted(memory.sources):
                memory.remember(keys[index], value, scopes(index), asked_at, until(value))
        return found

    @contextmanager
    def dropping(self, *scopes: str) -> Iterator[None]:
        """Drops when the block ends, also by an error: a command whose answer was lost may still have taken effect."""
        try:
            yield
        finally:
            for scope in scopes:
                self.drops.drop(scope)
