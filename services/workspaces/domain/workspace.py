from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from services.chassis.domain import Aggregate, event
from services.chassis.errors import Conflict
from services.workspaces.domain.roster import ADMIN, Roster, check_in_future, no_member, over_limit


class Workspace(Aggregate):
    """Who belongs to it, in which role, and which seats pending invitations hold."""

    TOPIC = "workspaces.workspace"

    class Created(Aggregate.Created):
        TOPIC = "workspaces.workspace.created"
        name: str
        slug: str
        personal: bool
        owner_id: UUID

    class Renamed(Aggregate.Event):
        TOPIC = "workspaces.workspace.renamed"
        name: str

    class Deleted(Aggregate.Event):
        TOPIC = "workspaces.workspace.deleted"

    class MemberJoined(Aggregate.Event):
        TOPIC = "workspaces.member.joined"
        account_id: UUID
        role: str
        invitation_id: UUID | None
        groups: Sequence[UUID] = ()

    class MemberRemoved(Aggregate.Event):
        TOPIC = "workspaces.member.removed"
        account_id: UUID

    class MemberLeft(Aggregate.Event):
        TOPIC = "workspaces.member.left"
        account_id: UUID

    class RoleChanged(Aggregate.Event):
        TOPIC = "workspaces.member.role_changed"
        account_id: UUID
        role: str

    class TermSet(Aggregate.Event):
        TOPIC = "workspaces.member.term_set"
        account_id: UUID
        expires_at: datetime | None

    class LimitSet(Aggregate.Event):
        TOPIC = "workspaces.workspace.limit_set"
        limit: int

    class LimitReached(Aggregate.Event):
        TOPIC = "workspaces.workspace.limit_reached"
        metric: str
        limit: int
        until: datetime | None

    class LimitLifted(Aggregate.Event):
        TOPIC = "workspaces.workspace.limit_lifted"
        metric: str

    class SlugChanged(Aggregate.Event):
        TOPIC = "workspaces.workspace.slug_changed"
        slug: str

    class SeatHeld(Aggregate.Event):
        TOPIC = "workspaces.seat.held"
        invitation_id: UUID
        until: datetime

    class SeatReleased(Aggregate.Event):
        TOPIC = "workspaces.seat.released"
        invitation_id: UUID

    class_version = 3

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """Of a snapshot."""
        state["terms"], state["limit"] = {}, None

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        """Of a snapshot."""
        state["reached"] = {}

    @event(Created)
    def __init__(self, name: str, slug: str, personal: bool, owner_id: UUID) -> None:
        self.name, self.slug, self.personal, self.owner_id = name, slug, personal, owner_id
        self.deleted = False
        # Keyed by text: a snapshot is JSON, whose keys are nothing else.
        self.members: dict[str, str] = {}
        self.terms: dict[str, datetime] = {}
        self.departed: dict[str, int] = {}
        self.seats: dict[str, datetime] = {}
        # None: that of the installation; 0: none.
        self.limit: int | None = None
        # What has been used as much as the plan gives: the limit, and until when. A list, because a snapshot is JSON.
        self.reached: dict[str, list[Any]] = {}

    @staticmethod
    def create_id(personal: bool, owner_id: UUID) -> UUID:
        return Workspace.personal_id(owner_id) if personal else uuid4()

    @staticmethod
    def personal_id(owner_id: UUID) -> UUID:
        """Derived, so that an account can never get two of them."""
        return uuid5(owner_id, "personal workspace")

    @property
    def roster(self) -> Roster:
        return Roster(self.members, self.terms)

    def role_of(self, account_id: UUID, now: datetime) -> str | None:
        return self.roster.role_of(account_id, now)

    def member_count(self, now: datetime) -> int:
        return self.roster.count(now)

    def departed_since(self, version: int, account_id: UUID | None = None) -> bool:
        """Whether this account (or anybody) has gone, or was given a term, since this aggregate had that version."""
        last = max(self.departed.values(), default=0) if account_id is None else self.departed.get(str(account_id), 0)
        return last > version

    def rename(self, name: str) -> None:
        if name != self.name:
            self._renamed(name=name)

    def change_slug(self, slug: str) -> None:
        if self.personal:
            raise Conflict("personal_workspace", "a personal workspace keeps its slug")
        self._slug_changed(slug=slug)

    def set_limit(self, limit: int, pending: Mapping[UUID, datetime]) -> None:
        """Whoever is over it stays; nobody else comes. ``pending``: invitations, of which those from before any limit hold no seat yet."""
        if limit != self.limit:
            self._limit_set(limit=limit)
            for invitation_id, until in pending.items() if limit else ():
                if str(invitation_id) not in self.seats:
                    self._seat_held(invitation_id=invitation_id, until=until)

    def reach_limit(self, metric: str, limit: int, until: datetime | None) -> None:
        """``until``: when it is over by itself."""
        if self.reached.get(metric) != [limit, until]:
            self._limit_reached(metric=metric, limit=limit, until=until)

    def lift_limit(self, metric: str) -> None:
        if metric in self.reached:
            self._limit_lifted(metric=metric)

    def check_growth(self, now: datetime) -> None:
        """For whoever begins something new here. What there is stays open to everybody as it was."""
        for metric, (limit, until) in self.reached.items():
            if until is None or now < until:
                detail = f"this workspace has used the {limit} of {metric} that its plan gives, so nothing new is begun in it"
                raise over_limit(metric, detail, limit, self.id)

    def delete(self) -> None:
        if self.personal:
            raise Conflict("personal_workspace", "a personal workspace goes with its account")
        self._deleted()

    def join(
        self, account_id: UUID, role: str, limit: int, now: datetime, invitation_id: UUID | None = None, groups: Sequence[UUID] = ()
    ) -> None:
        """A member who joins again stays as he is. ``limit`` 0: none. ``groups``: those of the access rules that he comes into."""
        if self.role_of(account_id, now) is not None:
            return self.release_seat(invitation_id) if invitation_id else None
        self.roster.check_room(self.member_count(now), limit, self._plan_of)
        self._joined(account_id=account_id, role=role, invitation_id=invitation_id, groups=groups)

    def remove(self, account_id: UUID) -> None:
        if self._may_go(account_id):
            self._removed(account_id=account_id)

    def leave(self, account_id: UUID) -> None:
        if self._may_go(account_id):
            self._left(account_id=account_id)

    def bereave(self, account_id: UUID, now: datetime) -> None:
        """An erased account goes whatever it was here; its personal workspace goes with it, and any where nobody else is."""
        if str(account_id) not in self.members:
            return
        if self.roster.holds_others(account_id, now) and not (self.personal and account_id == self.owner_id):
            self._left(account_id=account_id)
            self._keep_led(now)
        else:
            self._deleted()

    def change_role(self, account_id: UUID, role: str, now: datetime) -> None:
        if self.roster.known_role_of(account_id, now) == role:
            return
        self._keep_an_admin(account_id)
        self._role_changed(account_id=account_id, role=role)

    def set_term(self, account_id: UUID, expires_at: datetime | None, now: datetime) -> None:
        """None: for as long as it may be. One that has ended already is past changing: only an invitation brings back."""
        self.roster.known_role_of(account_id, now)
        if expires_at == self.terms.get(str(account_id)):
            return
        if expires_at is not None:
            check_in_future(expires_at, now)
            self._keep_an_admin(account_id)
        self._term_set(account_id=account_id, expires_at=expires_at)

    def hold_seat(self, invitation_id: UUID, until: datetime, limit: int, now: datetime) -> None:
        """Counts a pending invitation as a member. Without a limit nothing is counted, so invitations do not wait for one another."""
        if not limit:
            return
        pending = sum(end > now for held, end in self.seats.items() if held != str(invitation_id))
        self.roster.check_room(self.member_count(now) + pending, limit, self._plan_of)
        self._seat_held(invitation_id=invitation_id, until=until)

    def release_seat(self, invitation_id: UUID) -> None:
        if str(invitation_id) in self.seats:
            self._seat_released(invitation_id=invitation_id)

    @property
    def _plan_of(self) -> UUID | None:
        return None if self.limit is None else self.id

    def _may_go(self, account_id: UUID) -> bool:
        """False for somebody who went before: there is nothing to do."""
        if str(account_id) in self.members:
            self._keep_an_admin(account_id)
            return True
        if str(account_id) not in self.departed:
            raise no_member()
        return False

    def _keep_an_admin(self, account_id: UUID) -> None:
        if self.personal and account_id == self.owner_id:
            raise Conflict("personal_workspace", "the owner of a personal workspace stays its administrator")
        self.roster.check_not_last_admin(account_id)

    def _keep_led(self, now: datetime) -> None:
        """Makes the most trusted of the oldest members administrator if there is none that lasts.

        Whoever erases an account is asked to name another before; that other may have gone in the meantime.
        """
        heir = self.roster.heir(now)
        if self.members[heir] != ADMIN:
            self._role_changed(account_id=UUID(heir), role=ADMIN)

    @event(Renamed)
    def _renamed(self, name: str) -> None:
        self.name = name

    @event(Deleted)
    def _deleted(self) -> None:
        self.deleted = True

    @event(MemberJoined)
    def _joined(self, account_id: UUID, role: str, invitation_id: UUID | None, groups: Sequence[UUID] = ()) -> None:
        self.members[str(account_id)] = role
        self.terms.pop(str(account_id), None)
        self.seats.pop(str(invitation_id), None)

    @event(MemberRemoved)
    def _removed(self, account_id: UUID) -> None:
        self._gone(account_id)

    @event(MemberLeft)
    def _left(self, account_id: UUID) -> None:
        self._gone(account_id)

    @event(RoleChanged)
    def _role_changed(self, account_id: UUID, role: str) -> None:
        self.members[str(account_id)] = role

    @event(TermSet)
    def _term_set(self, account_id: UUID, expires_at: datetime | None) -> None:
        if expires_at is None:
            self.terms.pop(str(account_id), None)
        else:
            self.terms[str(account_id)] = expires_at
            # A link that was sent before must not prolong it.
            self.departed[str(account_id)] = self.version + 1

    @event(LimitSet)
    def _limit_set(self, limit: int) -> None:
        self.limit = limit

    @event(LimitReached)
    def _limit_reached(self, metric: str, limit: int, until: datetime | None) -> None:
        self.reached[metric] = [limit, until]

    @event(LimitLifted)
    def _limit_lifted(self, metric: str) -> None:
        self.reached.pop(metric, None)

    @event(SlugChanged)
    def _slug_changed(self, slug: str) -> None:
        self.slug = slug

    @event(SeatHeld)
    def _seat_held(self, invitation_id: UUID, until: datetime) -> None:
        self.seats[str(invitation_id)] = until

    @event(SeatReleased)
    def _seat_released(self, invitation_id: UUID) -> None:
        self.seats.pop(str(invitation_id), None)

    def _gone(self, account_id: UUID) -> None:
        self.members.pop(str(account_id), None)
        self.terms.pop(str(account_id), None)
        # Applied before the version is raised to that of this event.
        self.departed[str(account_id)] = self.version + 1
