"""Programs that ask a person for a token from a device where nobody can sign in (RFC 8628)."""

from datetime import datetime
from uuid import UUID

from services.chassis.domain import Aggregate, Personal, event
from services.chassis.errors import Conflict

PENDING, APPROVED, DENIED, REDEEMED, CANCELLED = "pending", "approved", "denied", "redeemed", "cancelled"


class DeviceAuthorization(Aggregate):
    """One request, one answer, one token: every code works once."""

    TOPIC = "identity.device_authorization"

    class Created(Aggregate.Created):
        TOPIC = "identity.device_authorization.requested"
        client_name: str
        # Its subject is this request: who it will belong to is not known yet, and once it is answered nobody needs it.
        token_name: Personal
        scopes: list[str]
        ip: str
        expires_at: datetime
        # How long the token is to last, if its asker has said.
        token_days: int | None
        # Names or slugs that the asker wants to be limited to; none: no limit.
        workspaces: list[str]

    class Begun(Aggregate.Event):
        TOPIC = "identity.device_authorization.begun"
        scopes: list[str]
        expires_at: datetime

    class Approved(Aggregate.Event):
        TOPIC = "identity.device_authorization.approved"
        account_id: UUID
        scopes: list[str]
        workspace_ids: list[UUID] | None
        epoch: int | None = None

    class Denied(Aggregate.Event):
        TOPIC = "identity.device_authorization.denied"
        account_id: UUID

    class Redeemed(Aggregate.Event):
        TOPIC = "identity.device_authorization.redeemed"
        account_id: UUID
        token_id: UUID

    class Cancelled(Aggregate.Event):
        TOPIC = "identity.device_authorization.cancelled"
        account_id: UUID

    @event(Created)
    def __init__(
        self,
        id: UUID,
        client_name: str,
        token_name: Personal,
        scopes: list[str],
        ip: str,
        expires_at: datetime,
        token_days: int | None,
        workspaces: list[str],
    ) -> None:
        self.client_name, self.token_name, self.scopes, self.ip = client_name, token_name, scopes, ip
        self.expires_at, self.token_days, self.workspaces = expires_at, token_days, workspaces
        self.state = PENDING
        self.account_id: UUID | None = None
        self.workspace_ids: list[UUID] | None = None
        self.epoch: int | None = None

    def begin(self) -> None:
        """For the record: requests before there was this one were told to nobody, and stay so."""
        self._begun(scopes=self.scopes, expires_at=self.expires_at)

    def open(self, now: datetime) -> bool:
        return self.state == PENDING and now < self.expires_at

    def approve(self, account_id: UUID, scopes: list[str], workspace_ids: list[UUID] | None, epoch: int, now: datetime) -> None:
        """With the scopes that were asked for, or fewer. ``epoch``: the account's, for its credentials."""
        self._check_open(now)
        granted = [scope for scope in self.scopes if scope in scopes]
        self._approved(account_id=account_id, scopes=granted, workspace_ids=workspace_ids, epoch=epoch)

    def deny(self, account_id: UUID, now: datetime) -> None:
        self._check_open(now)
        self._denied(account_id=account_id)

    def redeem(self, token_id: UUID) -> None:
        if self.account_id is not None:
            self._redeemed(account_id=self.account_id, token_id=token_id)

    def cancel(self) -> None:
        """What was approved and not yet fetched is not given out any more."""
        if self.state == APPROVED and self.account_id is not None:
            self._cancelled(account_id=self.account_id)

    def _check_open(self, now: datetime) -> None:
        if not self.open(now):
            raise Conflict("device_code_used", "this code was answered already, or came too late: start again on the device")

    @event(Begun)
    def _begun(self, scopes: list[str], expires_at: datetime) -> None:
        """Nothing more is known than what was asked for."""

    @event(Approved)
    def _approved(self, account_id: UUID, scopes: list[str], workspace_ids: list[UUID] | None, epoch: int | None = None) -> None:
        self.state, self.account_id = APPROVED, account_id
        self.scopes, self.workspace_ids, self.epoch = scopes, workspace_ids, epoch

    @event(Denied)
    def _denied(self, account_id: UUID) -> None:
        self.state = DENIED

    @event(Redeemed)
    def _redeemed(self, account_id: UUID, token_id: UUID) -> None:
        self.state = REDEEMED

    @event(Cancelled)
    def _cancelled(self, account_id: UUID) -> None:
        self.state = CANCELLED
